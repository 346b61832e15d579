"""Which nodes may run: ordinary nodes in an ordinary run, event-bound nodes in a run for their event.

A listener binds, to its own event name, itself, everything upstream and downstream of it, and everything
upstream of what is downstream of it (not going through other listeners). A value that such a chain shares
with ordinary nodes runs in both kinds of run.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from chaingraph.graph.flow import Flow, Node
from chaingraph.ids import NodeId, PortId

LISTENER_TYPES = frozenset({"EventListenerNode", "EventListenerNodeV2"})
EVENT_NAME = PortId("eventName")

_Neighbors = Mapping[NodeId, list[NodeId]]


def is_listener(node: Node) -> bool:
    return node.type in LISTENER_TYPES


def runnable_nodes(flow: Flow, event_name: str | None) -> frozenset[NodeId]:
    """The nodes that may run: without an event, or in a run for the event of that name."""
    bindings = _Bindings(flow)
    if event_name is None:
        return bindings.without_event()
    return bindings.with_event(event_name)


class _Bindings:
    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.listeners = {node.id: node for node in flow.nodes if is_listener(node)}
        self.manual = {node.id for node in flow.nodes if not node.runs_by_itself} - self.listeners.keys()
        self.sources: dict[NodeId, list[NodeId]] = defaultdict(list)
        self.targets: dict[NodeId, list[NodeId]] = defaultdict(list)
        for edge in flow.edges:
            self.sources[edge.target_node].append(edge.source_node)
            self.targets[edge.source_node].append(edge.target_node)
        self.names: dict[NodeId, set[str]] = defaultdict(set)
        self.downstream: set[NodeId] = set()
        for listener in self.listeners.values():
            self._bind(listener)

    def without_event(self) -> frozenset[NodeId]:
        bound = self.names.keys() - self._shared_feeders()
        return frozenset(node.id for node in self.flow.nodes) - bound - self.manual

    def with_event(self, name: str) -> frozenset[NodeId]:
        bound = {node for node, names in self.names.items() if name in names}
        own = {node for node, listener in self.listeners.items() if listener.values.get(EVENT_NAME) == name}
        return frozenset((bound - self.listeners.keys() | own) - self.manual)

    def _bind(self, listener: Node) -> None:
        name = listener.values.get(EVENT_NAME)
        if not isinstance(name, str):
            return
        upstream = _reached([listener.id], self.sources)
        downstream = _reached([listener.id], self.targets)
        feeders = _reached(downstream - {listener.id}, self.sources, stop=self.listeners.keys())
        self.downstream |= downstream
        for node in {listener.id} | upstream | downstream | feeders:
            self.names[node].add(name)

    def _shared_feeders(self) -> set[NodeId]:
        """Bound nodes, upstream only, that an ordinary node (or another such feeder) takes a value from."""
        candidates = self.names.keys() - self.downstream - self.listeners.keys()
        free = [node.id for node in self.flow.nodes if node.id not in self.names]
        return _reached(free, self.sources) & candidates


def _reached(start: Iterable[NodeId], neighbors: _Neighbors, stop: Iterable[NodeId] = ()) -> set[NodeId]:
    """Every node reached from `start` (without it, unless reached again); not through a node of `stop`."""
    stopped, found, open_nodes = set(stop), set[NodeId](), list(start)
    while open_nodes:
        for neighbor in neighbors.get(open_nodes.pop(), ()):
            if neighbor not in found and neighbor not in stopped:
                found.add(neighbor)
                open_nodes.append(neighbor)
    return found
