"""Nodes from their stored form.

No status, no connections and no `systemPorts` are fine: a node without system ports gets their usual values,
so that a document written by hand runs. A node has the ports that its document lists, whatever its type
declares today.
"""

from typing import Final

from chaingraph.errors import Problem
from chaingraph.graph.defaults import default_value, with_field_defaults
from chaingraph.graph.flow import (
    ERROR,
    ERROR_MESSAGE,
    EXECUTE,
    SUCCESS,
    Node,
    NodeDefinition,
    Port,
    SystemValues,
)
from chaingraph.graph.json_types import JsonObject, is_list, is_object, object_of
from chaingraph.graph.missing import MISSING
from chaingraph.graph.node_types import NodeType, NodeTypes
from chaingraph.graph.paths import port_at
from chaingraph.graph.ports import read_root_port
from chaingraph.graph.retry import read_retry
from chaingraph.graph.stored_values import read_value
from chaingraph.graph.system_ports import SYSTEM_DEFAULTS, SYSTEM_NAMES, SYSTEM_PORT
from chaingraph.ids import NodeId, PortId

SCHEMA_VERSION: Final = "v2"
INITIALIZED: Final = "initialized"
_STATUSES: Final[frozenset[object]] = frozenset(
    {"idle", "initialized", "ready", "pending", "executing", "completed", "skipped", "error", "disposed"}
)
_USUAL: Final = SystemValues(execute=True, success=True, error=False, error_message="")
_USUAL_STORED: Final = {
    name: {"id": port_id, "value": SYSTEM_DEFAULTS[port_id]} for name, port_id in SYSTEM_NAMES.items()
}
_NOTHING: Final[JsonObject] = {}


class _UnknownNodeType(NodeType, title="", category=""):
    """Stands for a type that nobody knows, until the flow is refused."""


def read_node(stored: object, path: str, node_types: NodeTypes, problems: list[Problem]) -> Node | None:
    """The node, or None where it is too broken to be one; what is wrong is added to the problems."""
    if not is_object(stored):
        problems.append(Problem(path, "must be an object"))
        return None
    node_id = stored.get("id")
    if not isinstance(node_id, str) or not node_id:
        problems.append(Problem(f"{path}.id", "a node needs an id"))
        return None
    reader = _NodeReader(stored, path, problems)
    definition = reader.definition(node_types)
    ports, values = reader.ports()
    system = reader.system_values()
    node = reader.node(NodeId(node_id), definition, ports, values, system)
    reader.check_connections(node)
    return node


class _NodeReader:
    __slots__ = ("_metadata", "_path", "_problems", "_stored")

    def __init__(self, stored: JsonObject, path: str, problems: list[Problem]) -> None:
        self._stored = stored
        self._path = path
        self._problems = problems
        self._metadata = object_of(stored.get("metadata"))

    def definition(self, node_types: NodeTypes) -> NodeDefinition:
        name = self._metadata.get("type")
        if not isinstance(name, str):
            self._refuse("metadata.type", "a node needs a type")
            return _UnknownNodeType
        definition = node_types.get(name)
        if definition is None:
            self._refuse("metadata.type", f"there is no node type {name!r}")
        return definition or _UnknownNodeType

    def ports(self) -> tuple[dict[PortId, Port], dict[PortId, object]]:
        ports: dict[PortId, Port] = {}
        values: dict[PortId, object] = {}
        stored_ports = self._stored.get("ports", [])
        if not is_list(stored_ports):
            self._refuse("ports", f'must be a list in schema "{SCHEMA_VERSION}"')
            return ports, values
        for place, stored in enumerate(stored_ports):
            path = f"{self._path}.ports[{place}]"
            port = self._port(stored, path, ports)
            if port is None or not is_object(stored):
                continue
            ports[port.id] = port
            value = self._value(port, stored.get("value", MISSING), f"{path}.value")
            if value is not MISSING:
                values[port.id] = value
        return ports, values

    def _port(self, stored: object, path: str, others: dict[PortId, Port]) -> Port | None:
        config = stored.get("config") if is_object(stored) else None
        if not is_object(config):
            self._problems.append(Problem(path, "a port needs a config"))
            return None
        port = read_root_port(config, f"{path}.config", self._problems)
        if port is not None and (port.id in others or port.id in SYSTEM_PORT):
            self._problems.append(Problem(f"{path}.config.key", f"there is another port {port.id!r}"))
        return port

    def _value(self, port: Port, stored: object, path: str) -> object:
        if stored is MISSING:
            return default_value(port.config)
        value = read_value(port, stored, path, self._problems)
        return with_field_defaults(port.config, value) if port.fields else value

    def system_values(self) -> SystemValues:
        stored = self._stored.get("systemPorts")
        if stored is None or stored == _USUAL_STORED:
            return _USUAL
        if not is_object(stored):
            self._refuse("systemPorts", "must be an object")
            return _USUAL
        values = {
            port_id: self._system_value(stored, name, port_id) for name, port_id in SYSTEM_NAMES.items()
        }
        return SystemValues(values[EXECUTE], values[SUCCESS], values[ERROR], values[ERROR_MESSAGE])

    def _system_value(self, stored: JsonObject, name: str, port_id: PortId) -> object:
        entry = stored.get(name, _NOTHING)
        path = f"{self._path}.systemPorts.{name}"
        if not is_object(entry):
            self._problems.append(Problem(path, "must be an object"))
            return None
        if entry.get("id", port_id) != port_id:
            self._problems.append(Problem(f"{path}.id", f"the id of this system port is always {port_id}"))
        value = entry.get("value", SYSTEM_DEFAULTS[port_id])
        return read_value(SYSTEM_PORT[port_id], value, f"{path}.value", self._problems)

    def node(
        self,
        node_id: NodeId,
        definition: NodeDefinition,
        ports: dict[PortId, Port],
        values: dict[PortId, object],
        system: SystemValues,
    ) -> Node:
        flow_ports = object_of(self._metadata.get("flowPorts"))
        is_disabled = flow_ports.get("disabledAutoExecution", not definition.runs_by_itself)
        return Node(
            id=node_id,
            type=self._text("type"),
            definition=definition,
            category=self._text("category") or definition.category,
            parent_id=NodeId(self._text("parentNodeId")) or None,
            status=self._status(),
            ports=ports,
            values=values,
            system=system,
            has_flow_ports=flow_ports.get("disabledFlowPorts") is not True,
            runs_by_itself=is_disabled is not True,
            retry=read_retry(self._metadata, f"{self._path}.metadata.retry", self._problems),
            document=self._stored,
        )

    def _text(self, name: str) -> str:
        value = self._metadata.get(name)
        if value is not None and not isinstance(value, str):
            self._refuse(f"metadata.{name}", "must be a text")
        return value if isinstance(value, str) else ""

    def _status(self) -> str:
        status = self._stored.get("status")
        if status is None:
            return INITIALIZED
        if not isinstance(status, str) or status not in _STATUSES:
            self._refuse("status", f"there is no node status {status!r}")
        return str(status)

    def check_connections(self, node: Node) -> None:
        connections = self._stored.get("connections")
        if connections is None:
            return
        if not is_object(connections):
            self._refuse("connections", "must be an object")
            return
        for port_id in connections:
            if port_at(node, PortId(port_id)) is None:
                self._refuse(f"connections.{port_id}", "the node has no such port")

    def _refuse(self, path: str, message: str) -> None:
        self._problems.append(Problem(f"{self._path}.{path}", message))
