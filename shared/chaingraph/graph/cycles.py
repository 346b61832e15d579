"""Nodes that wait for themselves."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from chaingraph.errors import Problem
from chaingraph.graph.flow import Edge, Node
from chaingraph.ids import NodeId

NAMED_NODES: Final = 20

Targets = Mapping[NodeId, Sequence[NodeId]]


def edge_cycle_problems(nodes: Mapping[NodeId, Node], edges: Sequence[Edge]) -> list[Problem]:
    """Cycles of edges, each named by its nodes in the order of the edges."""
    targets: dict[NodeId, list[NodeId]] = {}
    for edge in edges:
        targets.setdefault(edge.source_node, []).append(edge.target_node)
    return [Problem("edges", f"the edges form a cycle: {_names(cycle)}") for cycle in _cycles(nodes, targets)]


def parent_cycle_problems(nodes: Mapping[NodeId, Node]) -> list[Problem]:
    """Nodes that are, over other nodes, parents of themselves."""
    parents = {node.id: (node.parent_id,) for node in nodes.values() if node.parent_id is not None}
    if not parents:
        return []
    return [
        Problem("nodes", f"the parents form a cycle: {_names(cycle)}") for cycle in _cycles(nodes, parents)
    ]


def _cycles(nodes: Mapping[NodeId, Node], targets: Targets) -> list[Sequence[NodeId]]:
    waiting = _never_ready(nodes, targets)
    return _Search(waiting, targets).cycles() if waiting else []


def _never_ready(nodes: Mapping[NodeId, Node], targets: Targets) -> dict[NodeId, None]:
    """The nodes in a cycle or behind one."""
    sources = dict.fromkeys(nodes, 0)
    for ends in targets.values():
        for end in ends:
            sources[end] = sources.get(end, 0) + 1
    ready = [node_id for node_id, count in sources.items() if count == 0]
    for node_id in ready:
        for end in targets.get(node_id, ()):
            sources[end] -= 1
            if sources[end] == 0:
                ready.append(end)
    return {node_id: None for node_id, count in sources.items() if count > 0}


class _Search:
    """A depth-first search that reports a cycle for each way back to where it came from."""

    def __init__(self, waiting: Mapping[NodeId, None], targets: Targets) -> None:
        self._waiting = waiting
        self._targets = targets
        self._path: list[NodeId] = []
        self._places: dict[NodeId, int] = {}
        self._visited: set[NodeId] = set()
        self._reported: set[NodeId] = set()

    def cycles(self) -> list[Sequence[NodeId]]:
        found: list[Sequence[NodeId]] = []
        for start in self._waiting:
            if start not in self._visited:
                found.extend(self._from(start))
        return found

    def _from(self, start: NodeId) -> Iterator[Sequence[NodeId]]:
        open_ends = [self._enter(start)]
        while open_ends:
            following = next(open_ends[-1], None)
            if following is None:
                open_ends.pop()
                del self._places[self._path.pop()]
            elif following in self._places:
                yield from self._cycle_back_to(following)
            elif following not in self._visited:
                open_ends.append(self._enter(following))

    def _enter(self, node_id: NodeId) -> Iterator[NodeId]:
        self._visited.add(node_id)
        self._places[node_id] = len(self._path)
        self._path.append(node_id)
        return iter(self._targets.get(node_id, ()))

    def _cycle_back_to(self, node_id: NodeId) -> Iterator[Sequence[NodeId]]:
        """Another way round through nodes that are reported already says nothing new."""
        if node_id in self._reported or self._path[-1] in self._reported:
            return
        cycle = self._path[self._places[node_id] :]
        self._reported.update(cycle)
        yield cycle


def _names(cycle: Sequence[NodeId]) -> str:
    shown = " -> ".join(cycle[:NAMED_NODES])
    if len(cycle) > NAMED_NODES:
        return f"{shown} -> and {len(cycle) - NAMED_NODES} more"
    return f"{shown} -> {cycle[0]}"
