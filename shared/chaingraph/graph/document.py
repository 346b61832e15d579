"""Flow documents: JSON in, a flow out or every reason why not; and back."""

import json
from collections.abc import Mapping
from typing import Final

import orjson

from chaingraph.errors import Problem, Rejected, TooLarge, rejected
from chaingraph.graph.cycles import edge_cycle_problems, parent_cycle_problems
from chaingraph.graph.edges import EdgeReader
from chaingraph.graph.flow import Edge, Flow, Node
from chaingraph.graph.json_types import JsonList, JsonObject, is_list, is_object, object_of
from chaingraph.graph.legacy import migrated
from chaingraph.graph.limits import MAX_DOCUMENT_BYTES, MAX_EDGES, MAX_NODES, MAX_PROBLEMS
from chaingraph.graph.node_types import NodeTypes
from chaingraph.graph.nodes import read_node
from chaingraph.ids import FlowId, NodeId

UNTITLED: Final = "Untitled Flow"


def load_flow(document: bytes | Mapping[str, object], node_types: NodeTypes) -> Flow:
    """The flow of a document in schema v2 or in the legacy form; `Rejected` lists every problem it has."""
    problems: list[Problem] = []
    flow = _read_flow(migrated(_decoded(document), problems), node_types, problems)
    if problems:
        raise rejected(_listed(problems))
    return flow


def dump_flow(flow: Flow) -> JsonObject:
    """The flow's document in schema v2, with everything that the loaded one had."""
    return dict(flow.document)


def _decoded(document: bytes | Mapping[str, object]) -> JsonObject:
    encoded = document if isinstance(document, bytes) else _encoded(document)
    if len(encoded) > MAX_DOCUMENT_BYTES:
        raise TooLarge(f"a flow document may have {MAX_DOCUMENT_BYTES} bytes, this one has {len(encoded)}")
    try:
        found: object = orjson.loads(encoded)
        # What can be read can be nested too deeply to be written.
        orjson.dumps(found)
    except (orjson.JSONDecodeError, TypeError) as error:
        raise Rejected(f"the flow document is not JSON that can be stored: {error}") from error
    if not is_object(found):
        raise Rejected("a flow document must be a JSON object")
    return found


def _encoded(document: Mapping[str, object]) -> bytes:
    try:
        return orjson.dumps(document)
    except TypeError:
        return _encoded_with_large_numbers(document)


def _encoded_with_large_numbers(document: Mapping[str, object]) -> bytes:
    """Whole numbers of any length: read back, they are floats, as in JavaScript."""
    try:
        return json.dumps(document, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Rejected(f"the flow document is not JSON: {error}") from error


def _read_flow(document: JsonObject, node_types: NodeTypes, problems: list[Problem]) -> Flow:
    metadata = document.get("metadata", {})
    if not is_object(metadata):
        problems.append(Problem("metadata", "must be an object"))
    nodes = _read_nodes(_list_in(document, "nodes", MAX_NODES, problems), node_types, problems)
    edges = _read_edges(_list_in(document, "edges", MAX_EDGES, problems), nodes, problems)
    problems.extend(edge_cycle_problems(nodes, edges))
    problems.extend(parent_cycle_problems(nodes))
    return Flow(
        id=FlowId(_flow_id(document, problems)),
        metadata={"name": UNTITLED, **object_of(metadata)},
        nodes=tuple(nodes.values()),
        edges=edges,
        document=document,
    )


def _flow_id(document: JsonObject, problems: list[Problem]) -> str:
    flow_id = document.get("id", object_of(document.get("metadata")).get("id"))
    if flow_id is not None and not isinstance(flow_id, str):
        problems.append(Problem("id", "must be a text"))
    return flow_id if isinstance(flow_id, str) else ""


def _list_in(document: JsonObject, name: str, longest: int, problems: list[Problem]) -> JsonList:
    found = document.get(name, [])
    if not is_list(found):
        problems.append(Problem(name, "must be a list"))
        return []
    if len(found) > longest:
        problems.append(Problem(name, f"a flow may have {longest} {name}, this one has {len(found)}"))
        return []
    return found


def _read_nodes(stored: JsonList, node_types: NodeTypes, problems: list[Problem]) -> dict[NodeId, Node]:
    nodes: dict[NodeId, Node] = {}
    for place, document in enumerate(stored):
        path = f"nodes[{place}]"
        node = read_node(document, path, node_types, problems)
        if node is None:
            continue
        if node.id in nodes:
            problems.append(Problem(f"{path}.id", f"there is another node {node.id!r}"))
        nodes[node.id] = node
    return nodes


def _read_edges(stored: JsonList, nodes: Mapping[NodeId, Node], problems: list[Problem]) -> tuple[Edge, ...]:
    reader = EdgeReader(nodes, problems)
    edges = (reader.edge(document, f"edges[{place}]") for place, document in enumerate(stored))
    return tuple(edge for edge in edges if edge is not None)


def _listed(problems: list[Problem]) -> list[Problem]:
    if len(problems) <= MAX_PROBLEMS:
        return problems
    left_out = len(problems) - MAX_PROBLEMS
    return [*problems[:MAX_PROBLEMS], Problem("", f"and {left_out} more problems")]
