"""Edges from their stored form."""

from collections.abc import Mapping

from chaingraph.errors import Problem
from chaingraph.graph.casts import has_cast, may_cast
from chaingraph.graph.compatibility import may_begin, may_end, may_feed
from chaingraph.graph.flow import Edge, Node, Port
from chaingraph.graph.json_types import JsonObject, is_object
from chaingraph.graph.paths import port_at, unwrapped
from chaingraph.ids import EdgeId, NodeId, PortId


class EdgeReader:
    """Reads the edges of one flow; what is wrong with one is added to the problems."""

    __slots__ = ("_ids", "_joined", "_nodes", "_problems")

    def __init__(self, nodes: Mapping[NodeId, Node], problems: list[Problem]) -> None:
        self._nodes = nodes
        self._problems = problems
        self._ids: set[str] = set()
        self._joined: set[tuple[str, str, str, str]] = set()

    def edge(self, stored: object, path: str) -> Edge | None:
        """The edge, or None where one of its ends is missing or does not fit the other."""
        if not is_object(stored):
            return self._refuse(path, "must be an object")
        edge = self._edge(stored, path)
        if edge is None:
            return None
        self._check_is_new(edge, path)
        source = self._end(edge.source_node, edge.source_port, f"{path}.source")
        target = self._end(edge.target_node, edge.target_port, f"{path}.target")
        if source is None or target is None:
            return None
        return edge if self._fits(edge, source, target, path) else None

    def _edge(self, stored: JsonObject, path: str) -> Edge | None:
        names = ("id", "sourceNodeId", "sourcePortId", "targetNodeId", "targetPortId")
        texts: list[str] = []
        for name in names:
            value = stored.get(name)
            if isinstance(value, str) and value:
                texts.append(value)
            else:
                self._refuse(f"{path}.{name}", "must be a text")
        if len(texts) < len(names):
            return None
        edge_id, source_node, source_port, target_node, target_port = texts
        return Edge(
            id=EdgeId(edge_id),
            source_node=NodeId(source_node),
            source_port=PortId(source_port),
            target_node=NodeId(target_node),
            target_port=PortId(target_port),
            document=stored,
        )

    def _check_is_new(self, edge: Edge, path: str) -> None:
        if edge.id in self._ids:
            self._refuse(f"{path}.id", f"there is another edge {edge.id!r}")
        self._ids.add(edge.id)
        ends = (edge.source_node, edge.source_port, edge.target_node, edge.target_port)
        if ends in self._joined:
            self._refuse(path, f"another edge joins {_end_text(edge)} already")
        self._joined.add(ends)

    def _end(self, node_id: NodeId, port_id: PortId, path: str) -> Port | None:
        node = self._nodes.get(node_id)
        if node is None:
            return self._refuse(f"{path}NodeId", f"there is no node {node_id!r}")
        port = node.ports.get(port_id) or port_at(node, port_id)
        if port is None:
            return self._refuse(f"{path}PortId", f"node {node_id!r} has no port {port_id!r}")
        return port

    def _fits(self, edge: Edge, source: Port, target: Port, path: str) -> bool:
        found = len(self._problems)
        if not may_begin(source):
            self._refuse(f"{path}.sourcePortId", f"an edge cannot begin at the input port {source.id!r}")
        if not may_end(target):
            self._refuse(f"{path}.targetPortId", f"an edge cannot end at the output port {target.id!r}")
        if not may_feed(source, target) and not (has_cast(edge) and may_cast(source, target)):
            self._refuse(path, f"Incompatible port types: {_type_text(source)} -> {_type_text(target)}")
        return len(self._problems) == found

    def _refuse(self, path: str, message: str) -> None:
        self._problems.append(Problem(path, message))


def _end_text(edge: Edge) -> str:
    return f"{edge.source_node}.{edge.source_port} and {edge.target_node}.{edge.target_port}"


def _type_text(port: Port) -> str:
    known = unwrapped(port)
    element = known.element
    return f"{known.kind}<{_type_text(element)}>" if element is not None else known.kind
