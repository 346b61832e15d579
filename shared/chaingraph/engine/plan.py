"""A flow compiled for running: adjacency in arrays, and everything that does not change from run to run."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import orjson

from chaingraph.graph.casts import has_cast
from chaingraph.graph.constraints import has_constraints
from chaingraph.graph.declarations import Redact
from chaingraph.graph.flow import ERROR, ERROR_MESSAGE, EXECUTE, SUCCESS, SYSTEM_PORTS, Edge, Flow, Node, Port
from chaingraph.graph.json_types import is_object
from chaingraph.graph.node_types import StartsWith
from chaingraph.graph.paths import Step, port_at, split
from chaingraph.graph.port_order import resolution_order
from chaingraph.graph.system_ports import SYSTEM_PORT
from chaingraph.ids import PortId

SYSTEM_POSITION: Mapping[PortId, int] = {EXECUTE: 0, SUCCESS: 1, ERROR: 2, ERROR_MESSAGE: 3}
ERROR_PORTS = frozenset({ERROR, ERROR_MESSAGE})
GROUP = "group"
# Stands for all ports of a node that starts with any of them.
ALTERNATIVES = PortId("")
Steps = tuple[Step, ...]
SHARED_SCALARS = frozenset({"string", "number", "boolean", "enum"})


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """An edge, compiled.

    `output` numbers the source port among all wired source ports of the flow; `slot` the target port among
    the wired target ports of its node (ports that are alternatives count as one). `root` is the target's root
    port, `leaf` the port that the edge ends at; both None for a system port. `casts_to`: the port whose type
    the value gets. `is_plain`: the value is taken over as it is.
    """

    edge: Edge
    source: int
    target: int
    output: int
    slot: int
    source_root: PortId
    source_steps: Steps
    target_root: PortId
    target_steps: Steps
    root: Port | None
    leaf: Port | None
    casts_to: Port | None
    is_required: bool
    is_checked: bool
    is_plain: bool
    from_error_port: bool
    transferred: bytes


@dataclass(frozen=True, slots=True, eq=False)
class NodePlan:
    """A node, compiled.

    `slots`: for every wired target port (for all together that are alternatives) its links in flow order.
    `outputs` and `error_outputs`: numbers of the wired source ports that resolve when the node completes or
    fails, in the order in which they resolve.
    `capture_outputs`: the parent's ports that resolve when this captured child completes.
    """

    position: int
    node: Node
    id_json: bytes
    incoming: tuple[Link, ...]
    slots: tuple[tuple[Link, ...], ...]
    outputs: tuple[int, ...]
    error_outputs: tuple[int, ...]
    output_numbers: Mapping[PortId, int]
    parent: int | None
    child_count: int
    is_captured: bool
    capture_outputs: tuple[int, ...]
    has_execute_edge: bool
    runs_inline: bool
    redactions: Mapping[PortId, Redact]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """`waiting`: for every numbered source port the (node, slot) pairs that wait for it, in flow order.

    `reaches_outside`: a node has effects outside, calls a flow, or is known to hold credentials.
    """

    flow: Flow
    nodes: tuple[NodePlan, ...]
    waiting: tuple[tuple[tuple[int, int], ...], ...]
    reaches_outside: bool


def plan_of(flow: Flow) -> Plan:
    """Compile a flow. Linear in nodes and edges."""
    return _Planner(flow).plan()


def is_part(port: PortId, root: PortId) -> bool:
    """True for a root port itself, and for a child of it."""
    return port == root or port.startswith((f"{root}.", f"{root}["))


class _Planner:
    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.positions = {node.id: position for position, node in enumerate(flow.nodes)}
        self.outputs: dict[tuple[int, PortId], int] = {}
        self.slots: dict[tuple[int, PortId], int] = {}
        self.slot_counts = [0] * len(flow.nodes)
        self.child_counts = [0] * len(flow.nodes)

    def plan(self) -> Plan:
        links = [self._link(edge) for edge in self.flow.edges]
        incoming = _grouped(links, len(self.flow.nodes))
        for node in self.flow.nodes:
            if node.parent_id is not None and node.parent_id in self.positions:
                self.child_counts[self.positions[node.parent_id]] += 1
        wired = self._wired_ports()
        nodes = tuple(
            self._node(position, node, incoming[position], wired[position])
            for position, node in enumerate(self.flow.nodes)
        )
        return Plan(self.flow, nodes, self._waiting(links), any(map(_reaches_outside, self.flow.nodes)))

    def _link(self, edge: Edge) -> Link:
        source, target = self.positions[edge.source_node], self.positions[edge.target_node]
        output = self.outputs.setdefault((source, edge.source_port), len(self.outputs))
        slot = self._slot(target, self._waited_for(target, edge.target_port))
        return _compiled(edge, self.flow.nodes[target], source, target, output, slot)

    def _waited_for(self, target: int, port: PortId) -> PortId:
        """Ports that are alternatives to each other share a slot."""
        is_any = self.flow.nodes[target].definition.starts_with is StartsWith.ANY
        return ALTERNATIVES if is_any and port not in SYSTEM_PORTS else port

    def _slot(self, target: int, port: PortId) -> int:
        slot = self.slots.get((target, port))
        if slot is None:
            slot = self.slots[target, port] = self.slot_counts[target]
            self.slot_counts[target] += 1
        return slot

    def _wired_ports(self) -> list[dict[PortId, int]]:
        wired: list[dict[PortId, int]] = [{} for _ in self.flow.nodes]
        for (position, port), number in self.outputs.items():
            wired[position][port] = number
        return wired

    def _node(
        self, position: int, node: Node, incoming: Sequence[Link], wired: Mapping[PortId, int]
    ) -> NodePlan:
        parent = self.positions.get(node.parent_id) if node.parent_id is not None else None
        is_captured = parent is not None and self.flow.nodes[parent].category != GROUP
        slots: list[list[Link]] = [[] for _ in range(self.slot_counts[position])]
        for link in incoming:
            slots[link.slot].append(link)
        return NodePlan(
            position=position,
            node=node,
            id_json=orjson.dumps(node.id),
            incoming=tuple(incoming),
            slots=tuple(tuple(slot) for slot in slots),
            outputs=tuple(wired[port] for port in _in_order(node, wired) if port not in ERROR_PORTS),
            error_outputs=tuple(wired[port] for port in (ERROR, ERROR_MESSAGE) if port in wired),
            output_numbers=wired,
            parent=parent,
            child_count=self.child_counts[position],
            is_captured=is_captured,
            capture_outputs=self._capture_outputs(node, parent) if is_captured else (),
            has_execute_edge=(position, EXECUTE) in self.slots,
            runs_inline=_runs_inline(node),
            redactions=node.definition.redactions,
        )

    def _capture_outputs(self, node: Node, parent: int | None) -> tuple[int, ...]:
        if parent is None:
            return ()
        ports = self.flow.nodes[parent].ports.values()
        captured = [port.id for port in ports if _captures(port, node)]
        return tuple(self.outputs[parent, port] for port in captured if (parent, port) in self.outputs)

    def _waiting(self, links: Iterable[Link]) -> tuple[tuple[tuple[int, int], ...], ...]:
        waiting: list[set[tuple[int, int]]] = [set() for _ in self.outputs]
        for link in links:
            waiting[link.output].add((link.target, link.slot))
        return tuple(tuple(sorted(pairs)) for pairs in waiting)


def _runs_inline(node: Node) -> bool:
    """It computes at once: no effect, nothing to wait for, no second attempt."""
    computes = not inspect.iscoroutinefunction(node.definition.run)
    return node.definition.pure and computes and node.retry is None


def _reaches_outside(node: Node) -> bool:
    definition = node.definition
    return not definition.pure or bool(definition.flow_port) or bool(definition.redactions)


def _in_order(node: Node, wired: Mapping[PortId, int]) -> Sequence[PortId]:
    return resolution_order(node, tuple(wired)) if len(wired) > 1 else tuple(wired)


def _grouped(links: Iterable[Link], count: int) -> list[list[Link]]:
    incoming: list[list[Link]] = [[] for _ in range(count)]
    for link in links:
        incoming[link.target].append(link)
    return incoming


def _captures(port: Port, node: Node) -> bool:
    ui = port.config.get("ui")
    capture = ui.get("nodeSchemaCapture") if is_object(ui) else None
    if not is_object(capture):
        return False
    return capture.get("enabled") is True and capture.get("capturedNodeId") == node.id


def _target_ports(edge: Edge, target_node: Node) -> tuple[Port | None, Port | None]:
    if edge.target_port in SYSTEM_PORTS:
        return None, None
    root, steps = split(edge.target_port)
    return target_node.ports[root], port_at(target_node, edge.target_port) if steps else target_node.ports[
        root
    ]


def _compiled(edge: Edge, target_node: Node, source: int, target: int, output: int, slot: int) -> Link:
    source_root, source_steps = split(edge.source_port)
    target_root, target_steps = split(edge.target_port)
    root, leaf = _target_ports(edge, target_node)
    casts_to = (leaf or SYSTEM_PORT[edge.target_port]) if has_cast(edge) else None
    is_whole = not source_steps and not target_steps and casts_to is None
    return Link(
        edge=edge,
        source=source,
        target=target,
        output=output,
        slot=slot,
        source_root=source_root,
        source_steps=source_steps,
        target_root=target_root,
        target_steps=target_steps,
        root=root,
        leaf=leaf,
        casts_to=casts_to,
        is_required=leaf is not None and leaf.is_required,
        is_checked=leaf is not None and has_constraints(leaf),
        is_plain=is_whole and root is not None and root.kind in SHARED_SCALARS,
        from_error_port=edge.source_port in ERROR_PORTS,
        transferred=b'{"edgeId":' + orjson.dumps(edge.id) + b',"transferTime":',
    )
