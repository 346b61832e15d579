"""Flows and single nodes, run in memory in virtual time."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import orjson

from chaingraph.engine.checkpoint import stored_values
from chaingraph.engine.identity import RunIdentity, TreeLimits
from chaingraph.engine.in_memory import MemoryRun, run_in_memory
from chaingraph.engine.node_run import NodeRun
from chaingraph.engine.plan import Plan, plan_of
from chaingraph.engine.recorder import Record
from chaingraph.errors import rejected
from chaingraph.execution.events import Event
from chaingraph.execution.execution import ExternalEvent
from chaingraph.execution.options import ExecutionOptions
from chaingraph.graph.conformance import conformance_problems
from chaingraph.graph.document import load_flow
from chaingraph.graph.facilities import Facilities
from chaingraph.graph.json_types import object_of
from chaingraph.graph.node_types import NodeType, NodeTypes
from chaingraph.ids import ExecutionId, FlowId, NodeId, PortId, UserId
from chaingraph.nodes.built_in import built_in_node_types
from chaingraph.nodes.instants import epoch_ms, instant_of
from chaingraph.testing.drafts import FlowDraft
from chaingraph.testing.ended_flows import FLOW_ENDS, EndedFlow, EndedNode, SeenEvent
from chaingraph.testing.virtual_time import run_in_virtual_time
from chaingraph.testing.worlds import World

TESTED_NODE: Final = "node"

# As the setting AWAKE_MS: a run that waits for longer leaves the machine and goes on from its stored results.
AWAKE_MS: Final = 5_000

_EXECUTION: Final = ExecutionId("EXtest")
_OWNER: Final = UserId("tester")


def run_node(
    node_type: type[NodeType], values: Mapping[str, object] | None = None, *, world: World | None = None
) -> EndedNode:
    """Run one node with these values of its ports (by port id), as the only one of a flow."""
    draft = FlowDraft()
    draft.add(node_type, values, node_id=TESTED_NODE)
    return run_flow(draft, world=world).node(TESTED_NODE)


def run_flow(
    flow: FlowDraft | bytes | Mapping[str, object],
    *,
    node_types: Iterable[type[NodeType]] = (),
    world: World | None = None,
    event: ExternalEvent | None = None,
    options: ExecutionOptions | None = None,
) -> EndedFlow:
    """Run a flow and the children it spawns to their ends. Raises Rejected with all problems of a document.

    `node_types`: those that a document has besides the built-in ones. `event`: what the flow is run for.
    """
    known = built_in_node_types().merged(NodeTypes.of(*node_types))
    world = world or World()
    called = {FlowId(flow_id): _compiled(given, known) for flow_id, given in world.flows.items()}
    return _Trial(_compiled(flow, known), called, world, event, options or ExecutionOptions()).ended()


def _compiled(flow: FlowDraft | bytes | Mapping[str, object], known: NodeTypes) -> Plan:
    if isinstance(flow, FlowDraft):
        return plan_of(load_flow(flow.document, flow.node_types.merged(known)))
    return plan_of(load_flow(flow, known))


@dataclass(slots=True)
class _Trial:
    plan: Plan
    flows: Mapping[FlowId, Plan]
    world: World
    event: ExternalEvent | None
    options: ExecutionOptions
    events: dict[ExecutionId, list[Event]] = field(default_factory=lambda: defaultdict(list))

    def ended(self) -> EndedFlow:
        with self.world.facilities() as facilities:
            return self._seen(run_in_virtual_time(self._run(facilities)))

    async def _run(self, facilities: Facilities) -> MemoryRun:
        start_ms = epoch_ms(instant_of(self.world.start))
        passed = asyncio.get_running_loop().time
        return await run_in_memory(
            self.plan,
            identity=self._identity(),
            options=self.options,
            limits=TreeLimits(),
            clock=lambda: start_ms + round(passed() * 1000),
            on_record=self._record,
            facilities=facilities,
            awake_ms=AWAKE_MS,
            respond=self._respond,
            flows=self.flows,
        )

    async def _respond(self, node_id: NodeId, port: PortId) -> object:
        """Refuses what a system would refuse."""
        payload = await self.world.respond(node_id)
        plans = (self.plan, *self.flows.values())
        node = next(node for plan in plans for node in plan.flow.nodes if node.id == node_id)
        if problems := conformance_problems(node.ports[port], payload):
            raise rejected(problems)
        return payload

    def _identity(self) -> RunIdentity:
        return RunIdentity(
            execution_id=_EXECUTION,
            root_id=_EXECUTION,
            parent_id=None,
            flow_id=self.plan.flow.id,
            owner_id=_OWNER,
            depth=0,
            integration={},
            external_event=self.event,
        )

    def _record(self, identity: RunIdentity, record: Record) -> None:
        self.events[identity.execution_id].extend(record.events)

    def _seen(self, memory: MemoryRun) -> EndedFlow:
        events = [_seen_event(event) for event in self.events[memory.run.identity.execution_id]]
        last = events[-1]
        return EndedFlow(
            status=FLOW_ENDS.get(last.type, "paused"),
            error=_message(last),
            lasted=timedelta(milliseconds=last.at_ms - events[0].at_ms),
            nodes={node.plan.node.id: _seen_node(node, events) for node in memory.run.nodes},
            events=events,
            children=[self._seen(child) for child in memory.children],
        )


def _seen_event(event: Event) -> SeenEvent:
    return SeenEvent(event.index, event.type, event.at_ms, object_of(orjson.loads(event.payload)))


def _seen_node(node: NodeRun, events: Iterable[SeenEvent]) -> EndedNode:
    node_id = node.plan.node.id
    return EndedNode(
        id=node_id,
        status=node.status,
        error=node.error or "",
        values={str(port): value for port, value in stored_values(node).items()},
        events=[event for event in events if event.payload.get("nodeId") == node_id],
    )


def _message(last: SeenEvent) -> str:
    error = object_of(last.payload.get("error"))
    return str(error.get("message", last.payload.get("reason", "")))
