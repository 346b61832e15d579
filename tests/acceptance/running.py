"""One run of a flow in memory, and what can be asked about it."""

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from chaingraph.engine.identity import RunIdentity, TreeLimits
from chaingraph.engine.in_memory import MemoryRun, run_in_memory
from chaingraph.engine.plan import Plan, plan_of
from chaingraph.engine.recorder import Record
from chaingraph.execution.events import Event
from chaingraph.execution.execution import ExternalEvent
from chaingraph.execution.options import ExecutionOptions
from chaingraph.graph.document import load_flow
from chaingraph.graph.streams import Stream
from chaingraph.ids import ExecutionId, FlowId, PortId, UserId
from tests.acceptance.sketches import NODE_TYPES

ROOT = ExecutionId("EXroot")
ENDS = ("node:completed", "node:failed", "node:skipped")


@dataclass(frozen=True, slots=True)
class Seen:
    """`log`: the events of the execution itself. `identities`: of it and its children, as they ran."""

    memory: MemoryRun
    log: Sequence[Event]
    identities: Sequence[RunIdentity]

    @property
    def trace(self) -> list[tuple[str, str | None]]:
        """Type and node of every event."""
        return [(event.type, _payload(event).get("nodeId")) for event in self.log]

    def payloads(self, type_: str) -> list[dict[str, Any]]:
        return [_payload(event) for event in self.log if event.type == type_]

    def of(self, node_id: str) -> list[str]:
        """The types of a node's events."""
        return [type_ for type_, subject in self.trace if subject == node_id]

    @property
    def ran(self) -> set[str]:
        """The nodes whose body has run to its end."""
        return {str(subject) for type_, subject in self.trace if type_ == "node:completed"}

    def place(self, type_: str, node_id: str | None) -> int:
        return self.trace.index((type_, node_id))

    def value(self, node_id: str, port: str) -> Any:
        node = next(node for node in self.memory.run.nodes if node.plan.node.id == node_id)
        value = node.values.get(PortId(port))
        return value.buffer if isinstance(value, Stream) else value

    def system(self, node_id: str) -> list[object]:
        """Execute, success, error, error message."""
        return next(node.system for node in self.memory.run.nodes if node.plan.node.id == node_id)


def _payload(event: Event) -> dict[str, Any]:
    return orjson.loads(event.payload)


def compiled(document: Mapping[str, object]) -> Plan:
    return plan_of(load_flow(orjson.dumps(document), NODE_TYPES))


def run(
    flow: Mapping[str, object] | Plan,
    event: ExternalEvent | None = None,
    *,
    options: ExecutionOptions | None = None,
    parent: ExecutionId | None = None,
) -> Seen:
    """Run it to its end, its children too. `parent`: it runs as a child of that execution."""
    log: list[Event] = []
    identities: dict[ExecutionId, RunIdentity] = {}

    def collect(identity: RunIdentity, record: Record) -> None:
        identities[identity.execution_id] = identity
        if identity.execution_id == ROOT:
            log.extend(record.events)

    ended = run_in_memory(
        flow if isinstance(flow, Plan) else compiled(flow),
        identity=_identity(event, parent),
        options=options or ExecutionOptions(),
        limits=TreeLimits(max_depth=3),
        clock=partial(next, itertools.count(1_767_600_000_000)),
        on_record=collect,
    )
    return Seen(asyncio.run(ended), log, tuple(identities.values()))


def _identity(event: ExternalEvent | None, parent: ExecutionId | None) -> RunIdentity:
    return RunIdentity(
        execution_id=ROOT,
        root_id=parent or ROOT,
        parent_id=parent,
        flow_id=FlowId("V2sketch"),
        owner_id=UserId("ann"),
        depth=int(parent is not None),
        integration={},
        external_event=event,
    )
