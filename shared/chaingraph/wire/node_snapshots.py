"""A node as it stands when an event happens, in the form of a flow document."""

from collections.abc import Mapping, Sequence
from typing import Final

import orjson

from chaingraph.errors import NotFound
from chaingraph.graph.json_types import list_of, object_of
from chaingraph.graph.redaction import redacted, redacted_json
from chaingraph.graph.secrets import WRITTEN_NODE, WRITTEN_PORT
from chaingraph.wire.secret_ports import holds_secrets, without_secrets

_CHANGING: Final = frozenset({"metadata", "status", "systemPorts", "ports"})


class NodeSnapshot:
    """Begins as the document's node and is changed by events; encodes again only what they change."""

    __slots__ = ("_encoded", "_fixed", "_ports", "_status", "_system", "_version")

    def __init__(self, document: Mapping[str, object]) -> None:
        metadata = dict(object_of(document.get("metadata")))
        version = metadata.pop("version", None)
        self._version = version if isinstance(version, int) else 1
        self._fixed = _fixed_part(document, metadata)
        self._status = document.get("status") or "initialized"
        self._system = _SystemPorts(object_of(document.get("systemPorts")))
        node_type = metadata.get("type")
        ports = (_Port(object_of(port), node_type) for port in list_of(document.get("ports")))
        self._ports = {port.id: port for port in ports}
        self._encoded: bytes | None = None

    def change_status(self, status: object) -> None:
        self._status = status
        self._version += 1
        self._encoded = None

    def change_values(self, values: Mapping[str, object]) -> None:
        """Null takes a value away. Raises NotFound for a port that the node does not have."""
        for port_id, value in values.items():
            port = self._ports.get(port_id)
            if port is None:
                raise NotFound(f"the node has no port {port_id}")
            port.change(value)
        self._encoded = None

    def change_system(self, values: Sequence[object]) -> None:
        """execute, success, error, error message."""
        self._system.change(values)
        self._encoded = None

    def encoded(self) -> bytes:
        if self._encoded is None:
            self._encoded = b'%b"version":%d},"status":%b,"systemPorts":%b,"ports":[%b]}' % (
                self._fixed,
                self._version,
                orjson.dumps(self._status),
                self._system.encoded,
                b",".join([port.encoded for port in self._ports.values()]),
            )
        return self._encoded


def _fixed_part(document: Mapping[str, object], metadata: Mapping[str, object]) -> bytes:
    """What no event changes, up to where the version follows."""
    fixed = {key: part for key, part in document.items() if key not in _CHANGING}
    comma = b"," if metadata else b""
    return orjson.dumps(fixed)[:-1] + b',"metadata":' + orjson.dumps(metadata)[:-1] + comma


class _SystemPorts:
    __slots__ = ("_ports", "encoded")

    def __init__(self, document: Mapping[str, object]) -> None:
        self._ports = {
            name: dict(object_of(document.get(name))) or {"id": port_id, "value": value}
            for name, port_id, value in (
                ("execute", "__execute", True),
                ("success", "__success", True),
                ("error", "__error", False),
                ("errorMessage", "__errorMessage", ""),
            )
        }
        self.encoded = orjson.dumps(self._ports)

    def change(self, values: Sequence[object]) -> None:
        for port, value in zip(self._ports.values(), values, strict=True):
            port.pop("value", None)
            if value is not None:
                port["value"] = value
        self.encoded = orjson.dumps(self._ports)


class _Port:
    """`encoded`: `{config, value}`, or `{config}` without a value."""

    __slots__ = ("_config", "_holds_secrets", "_opened", "encoded", "id")

    def __init__(self, document: Mapping[str, object], node_type: object) -> None:
        self._config = object_of(document.get("config"))
        self.id = str(self._config.get("id") or self._config.get("key"))
        self._holds_secrets = holds_secrets(self._config)
        is_written = (node_type, self.id) == (WRITTEN_NODE, WRITTEN_PORT)
        fixed = {key: part for key, part in document.items() if key != "value"}
        self._opened = redacted_json(orjson.dumps({"config": self._config, **fixed}))[:-1]
        self.encoded = b""
        self.change(None if is_written else redacted(document.get("value")))

    def change(self, value: object) -> None:
        shown = without_secrets(self._config, value) if self._holds_secrets else value
        if shown is None:
            self.encoded = self._opened + b"}"
        else:
            self.encoded = self._opened + b',"value":' + orjson.dumps(shown) + b"}"
