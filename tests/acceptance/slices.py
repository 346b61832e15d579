"""An execution in a store in memory, run slice by slice, with the commands that a debugger sends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from chaingraph.engine.identity import TreeLimits
from chaingraph.execution.commands import Command, CommandKind
from chaingraph.execution.events import Event
from chaingraph.execution.execution import Execution
from chaingraph.execution.options import ExecutionOptions
from chaingraph.execution.status import Status
from chaingraph.graph.json_types import object_of
from chaingraph.ids import EventIndex, ExecutionId, FlowId, UserId, WorkerId, WorkflowRun
from chaingraph.interfaces import Runs, User
from chaingraph.usecases.checked_flows import CheckedFlows
from chaingraph.usecases.create_execution import CreationRules, ExecutionRequest, create_execution
from chaingraph.usecases.debugger import DebuggerState, debugger_state
from chaingraph.usecases.run_slice import Plans, run_slice
from chaingraph.usecases.slice_writer import WriterSettings
from chaingraph.usecases.slices import Outside, SliceSettings
from tests.acceptance.running import compiled
from tests.acceptance.sketches import NODE_TYPES
from tests.fakes.store import FakeStore, fake_store
from tests.fakes.workflows import FakeWorkflows

ANN = User(UserId("ann"), is_admin=False)
EXECUTION = ExecutionId("EXdebugged")
FLOW = FlowId("V2sketch")
SETTINGS = SliceSettings(
    WriterSettings(lease_ms=30_000, poll_ms=50),
    TreeLimits(),
    start_timeout_ms=60_000,
    awake_ms=1_000,
    slice_ms=60_000,
)


@dataclass(frozen=True, slots=True)
class Debugged:
    """One execution, and what its client may do with it."""

    store: FakeStore
    workflows: FakeWorkflows
    runs: Runs

    async def start(self) -> None:
        await self.store.executions.start(EXECUTION)

    async def command(self, kind: CommandKind, reason: str = "") -> None:
        await self.store.executions.command(EXECUTION, Command(kind, ANN.id, reason))

    async def settled(self) -> Status:
        """Run slices until it has ended or has to wait."""
        while await self._slice() == "run":
            pass
        return (await self.row()).status

    async def _slice(self) -> str:
        clock = self.store.world.clock
        outside = Outside(
            runs=self.runs,
            executions=self.store.executions,
            event_log=self.store.event_log,
            mailbox=self.store.mailbox,
            queue=self.store.queue,
            workflows=self.workflows,
            clock=lambda: int(clock.now().timestamp() * 1000),
        )
        verdict = await run_slice(
            EXECUTION,
            WorkflowRun(1),
            outside=outside,
            settings=SETTINGS,
            plans=Plans(NODE_TYPES),
            worker_id=WorkerId("worker"),
        )
        return verdict.next

    async def row(self) -> Execution:
        return await self.store.executions.read(EXECUTION)

    async def state(self) -> DebuggerState:
        return await debugger_state(EXECUTION, ANN, executions=self.store.executions)

    async def log(self) -> list[Event]:
        return await self.store.event_log.read(EXECUTION, after=EventIndex(-2), limit=10_000)

    async def trace(self) -> list[tuple[str, str | None]]:
        """Type and node of every event."""
        return [(event.type, _payload(event).get("nodeId")) for event in await self.log()]

    async def payloads(self, type_: str) -> list[dict[str, Any]]:
        return [_payload(event) for event in await self.log() if event.type == type_]

    async def completed(self) -> list[str]:
        """The nodes that have completed, in their order."""
        return [str(payload["nodeId"]) for payload in await self.payloads("node:completed")]

    async def results(self, port: str) -> dict[str, object]:
        """The value of a port of every node that has completed."""
        ended = await self.payloads("node:completed")
        return {str(end["nodeId"]): object_of(end["values"])[port] for end in ended}


def _payload(event: Event) -> dict[str, Any]:
    return orjson.loads(event.payload)


async def created(
    document: Mapping[str, object], *, breakpoints: Sequence[str] = (), **options: object
) -> Debugged:
    """An execution of this flow that nobody has started yet."""
    store, workflows = fake_store(), FakeWorkflows()
    await store.flows.create(FLOW, owner_id=ANN.id, name="Sketch", document=orjson.dumps(document))
    given = {"breakpoints": tuple(breakpoints), "debug": True, **options}
    request = ExecutionRequest(
        execution_id=EXECUTION,
        at_ms=int(store.world.clock.now().timestamp() * 1000),
        flow_id=FLOW,
        options=ExecutionOptions.model_validate(given),
        integration={},
        events=(),
        idempotency_key=None,
    )
    await create_execution(
        request, ANN, flows=store.flows, executions=store.executions, workflows=workflows, rules=_RULES
    )
    return Debugged(store, workflows, store.runs)


async def started(
    document: Mapping[str, object], *, breakpoints: Sequence[str] = (), **options: object
) -> Debugged:
    debugged = await created(document, breakpoints=breakpoints, **options)
    await debugged.start()
    return debugged


_RULES = CreationRules(
    CheckedFlows(lambda document: compiled(orjson.loads(document)).flow),
    ExecutionOptions().execution,
    100,
    start_timeout_seconds=60,
)
