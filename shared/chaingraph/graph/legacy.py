"""Documents in the legacy form (v1), rewritten as schema v2.

There a node's ports are a record from ids like `num:POx7…` to ports, children and system ports included. In
v2 the id of a root port is its key and that of a child a path; children live in the schema and the value of
their root port.
"""

from collections.abc import Mapping
from typing import Final

from chaingraph.errors import Problem
from chaingraph.graph.flow import SYSTEM_PORTS
from chaingraph.graph.json_types import JsonList, JsonObject, is_list, is_object, list_of, object_of
from chaingraph.graph.nodes import SCHEMA_VERSION
from chaingraph.graph.system_ports import SYSTEM_DEFAULTS, SYSTEM_NAMES

UNSUPPORTED: Final = "v3"
MAX_DEPTH: Final = 64

NewIds = Mapping[tuple[str, str], str]
"""(node id, legacy port id) → the port's id in v2."""


def migrated(document: JsonObject, problems: list[Problem]) -> JsonObject:
    """The document with every node in schema v2: the same one where they all are."""
    nodes = list_of(document.get("nodes"))
    legacy = {place: node for place, node in enumerate(nodes) if is_object(node) and not _is_current(node)}
    for place, node in legacy.items():
        _check(node, f"nodes[{place}]", problems)
    if not legacy or problems:
        return document
    new_ids = {key: new_id for node in legacy.values() for key, new_id in _new_ids(node).items()}
    rewritten: JsonList = [
        _node(legacy[place], new_ids) if place in legacy else node for place, node in enumerate(nodes)
    ]
    return {
        **document,
        "metadata": {**object_of(document.get("metadata")), "schemaVersion": SCHEMA_VERSION},
        "nodes": rewritten,
        "edges": [_edge(edge, new_ids) for edge in list_of(document.get("edges"))],
    }


def _is_current(node: JsonObject) -> bool:
    return node.get("schemaVersion") == SCHEMA_VERSION


def _check(node: JsonObject, path: str, problems: list[Problem]) -> None:
    version = node.get("schemaVersion")
    if version == UNSUPPORTED:
        problems.append(Problem(f"{path}.schemaVersion", f'schema "{UNSUPPORTED}" is not supported'))
    elif not is_object(node.get("ports", {})):
        message = f'without schemaVersion "{SCHEMA_VERSION}" the ports must be a record (the legacy form)'
        problems.append(Problem(f"{path}.ports", message))
    ports = object_of(node.get("ports"))
    problems.extend(
        Problem(f"{path}.ports.{legacy_id}", "the port is its own parent")
        for legacy_id in ports
        if _new_id(legacy_id, ports) is None
    )


def _new_ids(node: JsonObject) -> dict[tuple[str, str], str]:
    ports = object_of(node.get("ports"))
    node_id = str(node.get("id"))
    return {(node_id, legacy_id): _new_id(legacy_id, ports) or legacy_id for legacy_id in ports}


def _new_id(legacy_id: str, ports: JsonObject) -> str | None:
    """The key of a root port, the path from its root port for a child, None for one that never gets there."""
    parts: list[str] = []
    for _ in range(MAX_DEPTH):
        config = _config(ports.get(legacy_id))
        key = _key(legacy_id, config)
        parent_id = _parent_id(config, ports)
        if parent_id is None:
            return "".join([key, *reversed(parts)])
        is_element = _config(ports[parent_id]).get("type") == "array"
        parts.append(f"[{key}]" if is_element else f".{key}")
        legacy_id = parent_id
    return None


def _parent_id(config: JsonObject, ports: JsonObject) -> str | None:
    parent_id = config.get("parentId")
    return parent_id if isinstance(parent_id, str) and parent_id in ports else None


def _config(port: object) -> JsonObject:
    return object_of(object_of(port).get("config"))


def _key(legacy_id: str, config: JsonObject) -> str:
    key = config.get("key")
    return key if isinstance(key, str) else legacy_id.split(":", 1)[0]


def _node(node: JsonObject, new_ids: NewIds) -> JsonObject:
    legacy_ports = object_of(node.get("ports"))
    ports = {new_ids[str(node.get("id")), legacy_id]: port for legacy_id, port in legacy_ports.items()}
    return {
        **node,
        "type": object_of(node.get("metadata")).get("type"),
        "systemPorts": _system_ports(ports),
        "ports": [
            _port(new_id, port, new_ids)
            for new_id, port in ports.items()
            if new_id not in SYSTEM_PORTS and _parent_id(_config(port), legacy_ports) is None
        ],
        "connections": _connections(ports, new_ids),
        "schemaVersion": SCHEMA_VERSION,
    }


def _system_ports(ports: JsonObject) -> JsonObject:
    return {
        name: {"id": port_id, "value": object_of(ports.get(port_id)).get("value", SYSTEM_DEFAULTS[port_id])}
        for name, port_id in SYSTEM_NAMES.items()
    }


def _port(new_id: str, port: object, new_ids: NewIds) -> object:
    if not is_object(port) or not is_object(port.get("config")):
        return port
    config = {**_config(port), "id": new_id, "key": new_id}
    if is_list(config.get("connections")):
        config["connections"] = _ends(config["connections"], new_ids)
    return {**port, "config": config}


def _connections(ports: JsonObject, new_ids: NewIds) -> JsonObject:
    ends = {new_id: _ends(_config(port).get("connections"), new_ids) for new_id, port in ports.items()}
    return {new_id: joined for new_id, joined in ends.items() if joined}


def _ends(connections: object, new_ids: NewIds) -> JsonList:
    return [
        {**end, "portId": new_ids.get((str(end.get("nodeId")), str(end.get("portId"))), end.get("portId"))}
        for end in list_of(connections)
        if is_object(end)
    ]


def _edge(edge: object, new_ids: NewIds) -> object:
    if not is_object(edge):
        return edge
    renamed = dict(edge)
    for side in ("source", "target"):
        end = (str(edge.get(f"{side}NodeId")), str(edge.get(f"{side}PortId")))
        if end in new_ids:
            renamed[f"{side}PortId"] = new_ids[end]
    return renamed
