"""The system on virtual time: the functions' tasks, the workflow's definition, the sweep, stores in memory.

Faults strike at chosen calls.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import orjson

from chaingraph.engine.identity import TreeLimits
from chaingraph.execution.options import ExecutionOptions
from chaingraph.execution.slots import SlotLimits
from chaingraph.graph.json_types import JsonObject
from chaingraph.ids import ExecutionId, FlowId, WorkerId, WorkflowRun
from chaingraph.interfaces import Mailbox, Workflows
from chaingraph.usecases.run_slice import Plans
from chaingraph.usecases.slice_writer import WriterSettings
from chaingraph.usecases.slices import Outside, SliceSettings
from chaingraph.usecases.take_over import Rescuer, take_over_ended
from functions.await_signal.tasks import AwaitSignalAdapters
from functions.await_signal.tasks import serve as await_signal
from functions.record_failure.tasks import RecordFailureAdapters
from functions.record_failure.tasks import serve as record_failure
from functions.run_flow.tasks import RunFlowAdapters
from functions.run_flow.tasks import serve as run_flow
from functions.sweep.looks import SweepAdapters, SweepSettings
from functions.sweep.tasks import serve as sweep
from tests.fakes.clock import FakeClock
from tests.fakes.posts import FakePosts
from tests.fakes.store import FakeStore, fake_store
from tests.fault.director import OWNER, Director
from tests.fault.faults import Kind, Schedule
from tests.fault.node_bodies import node_types
from tests.fault.sandboxes import LONG_SECONDS, Sandbox
from tests.fault.watched_runs import Watch, WatchedRuns
from tests.fault.workflow_in_memory import WorkflowInMemory

Payload = Mapping[str, Any]
Serve = Callable[[Payload], Awaitable[object]]

STARTS_AT = datetime(2026, 1, 1, tzinfo=UTC)
OUTAGE_SECONDS = 8.0
SWEEP_SECONDS = 30.0
LEASE_MS = 30_000
FUNCTION_SECONDS = 900
SWEEPING = SweepSettings(
    stalled_after_ms=LEASE_MS + int(SWEEP_SECONDS * 1000),
    identification_timeout_seconds=10,
    most_failures=1000,
    retention_ms=30 * 24 * 3600 * 1000,
    slots=SlotLimits(),
)


class VirtualClock(FakeClock):
    """The time of the event loop, for the stores."""

    def now(self) -> datetime:
        return STARTS_AT + timedelta(seconds=asyncio.get_running_loop().time())


def now_ms() -> int:
    return int(VirtualClock().now().timestamp() * 1000)


@dataclass(slots=True)
class Warm:
    """A process of a function, and what it has in memory."""

    sandbox: Sandbox
    serve: Serve


@dataclass
class System:
    """Everything but the relay and its viewers. `relay_dies` is called when the relay is to be killed."""

    document: JsonObject
    schedule: Schedule
    deliveries: Callable[[Mapping[str, object]], list[timedelta]] = lambda _: [timedelta(0)]
    options: ExecutionOptions = field(default_factory=ExecutionOptions)
    slots: SlotLimits | None = None
    fake: FakeStore = field(default_factory=fake_store)
    relay_dies: Callable[[], Awaitable[None]] | None = None
    is_away: bool = False

    def __post_init__(self) -> None:
        self.fake.world.clock = VirtualClock()
        self.watch = Watch(self.document)
        self.workflow = WorkflowInMemory(self.invoke, now_ms, self.deliveries)
        self.director = Director(self.fake, self.workflow)
        self._idle: defaultdict[str, list[Warm]] = defaultdict(list)
        self._busy: set[Sandbox] = set()
        self._workers = count(1)
        self._life: asyncio.Task[None] | None = None

    # ------------------------------------------------------------ functions

    async def invoke(self, function: str, payload: Any) -> object:
        """Raises FunctionFailed. Whoever cancels it, cancels the process, too."""
        warm = self._idle[function].pop() if self._idle[function] else self._started(function)
        sandbox = warm.sandbox
        sandbox.payload = payload
        self._busy.add(sandbox)
        try:
            answer = await sandbox.run(warm.serve(payload))
        except asyncio.CancelledError:
            sandbox.kill()
            raise
        finally:
            self._busy.discard(sandbox)
        if not sandbox.is_dead:
            self._idle[function].append(warm)
        return answer

    def sandbox(self, stop_seconds: float = LONG_SECONDS) -> Sandbox:
        return Sandbox(self.schedule, self, stop_seconds=stop_seconds)

    def _started(self, function: str) -> Warm:
        sandbox = self.sandbox()
        return Warm(sandbox, self._serve(function, sandbox))

    def _serve(self, function: str, sandbox: Sandbox) -> Serve:
        fake, workflows = self.fake, sandbox.outside(self.workflows)
        mailbox: Mailbox = sandbox.outside(fake.mailbox)
        match function:
            case "run_flow":
                return self._run_flow(sandbox)
            case "record_failure":
                outside, _ = self._outside(sandbox)
                failing = RecordFailureAdapters(outside, 5, self._worker())
                return lambda payload: record_failure(payload, failing)
            case "await_signal":
                waiting = AwaitSignalAdapters(mailbox, sandbox.outside(fake.executions), workflows)
                return lambda payload: await_signal(payload, waiting)
            case _:
                sweeping = self._sweeping(sandbox)
                return lambda payload: sweep(payload, sweeping)

    def _run_flow(self, sandbox: Sandbox) -> Serve:
        outside, runs = self._outside(sandbox)
        plans = Plans(node_types(runs.ledger()))
        adapters = RunFlowAdapters(outside, self._slice_settings, plans, self._worker())
        return lambda payload: run_flow(payload, adapters, FUNCTION_SECONDS * 1000)

    def _slice_settings(self, remaining_ms: int) -> SliceSettings:
        return SliceSettings(
            WriterSettings(lease_ms=LEASE_MS, poll_ms=500),
            TreeLimits(),
            start_timeout_ms=60_000,
            awake_ms=5_000,
            slice_ms=remaining_ms - 30_000,
            slots=self.slots,
        )

    def _outside(self, sandbox: Sandbox) -> tuple[Outside, WatchedRuns]:
        runs = WatchedRuns(self.fake.runs, self.watch)
        outside = Outside(
            runs=sandbox.outside(runs),
            executions=sandbox.outside(self.fake.executions),
            event_log=sandbox.outside(self.fake.event_log),
            mailbox=sandbox.outside(self.fake.mailbox),
            queue=sandbox.outside(self.fake.queue),
            workflows=sandbox.outside(self.workflows),
            clock=now_ms,
        )
        return outside, runs

    def _sweeping(self, sandbox: Sandbox) -> SweepAdapters:
        outside, _ = self._outside(sandbox)
        return SweepAdapters(
            outside=outside,
            overdue=sandbox.outside(self.fake.overdue),
            connections=fake_store().connections,  # those of the viewers are not in question
            posts=FakePosts(),
            history=sandbox.outside(self.fake.history),
            settings=replace(SWEEPING, slots=self.slots or SlotLimits()),
            worker_id=self._worker(),
            now=self.fake.world.clock.now,
        )

    def _worker(self) -> WorkerId:
        return WorkerId(f"worker {next(self._workers)}")

    @property
    def workflows(self) -> Workflows:
        return self.workflow

    # ------------------------------------------------------------ disasters

    async def run(self) -> None:
        """Serve, again and again after the workflow was killed, until cancelled."""
        while True:
            self._life = asyncio.create_task(self.workflow.serve(sweep_seconds=SWEEP_SECONDS))
            try:
                await asyncio.wait([self._life])
            finally:
                self._life.cancel()
            if not self._life.cancelled() and (error := self._life.exception()):
                raise error
            await asyncio.sleep(1)

    async def strike(self, kind: Kind, payload: Payload) -> None:
        match kind:
            case Kind.OUTAGE:
                self.is_away = True
                asyncio.get_running_loop().call_later(OUTAGE_SECONDS, self._come_back)
            case Kind.WORKFLOW_KILLED if self._life is not None:
                self._life.cancel()
            case Kind.RELAY_KILLED if self.relay_dies is not None:
                await self.relay_dies()
            case Kind.STOP | Kind.PAUSE:
                await self.director.order(kind)
            case _:
                await self._meddle(kind, payload)

    async def _meddle(self, kind: Kind, payload: Payload) -> None:
        """With workflow runs and signals."""
        match kind:
            case Kind.RUN_ENDED_BEFORE | Kind.RUN_ENDED_AFTER if "workflowRun" in payload:
                run = ExecutionId(payload["executionId"]), WorkflowRun(payload["workflowRun"])
                await self.workflow.stop(*run, "somebody has ended it")
            case Kind.SIGNALED:
                for execution_id in tuple(self.fake.world.records):
                    await self.fake.mailbox.signal(execution_id)
            case Kind.SECOND_RUN:
                await self._start_second_runs()
            case _:
                return

    async def _start_second_runs(self) -> None:
        """Of every execution that has not ended, while the first one goes on."""
        outside, _ = self._outside(self.sandbox())
        rescuer = Rescuer(replace(outside, workflows=self.workflow), self.fake.overdue, self._worker(), 1000)
        for record in tuple(self.fake.world.records.values()):
            execution = record.execution
            await take_over_ended(execution.id, execution.workflow_run, rescuer=rescuer)

    def _come_back(self) -> None:
        self.is_away = False

    # ------------------------------------------------------------ the flow

    async def store_flow(self) -> FlowId:
        flow_id = FlowId("V2fault")
        await self.fake.flows.create(
            flow_id, owner_id=OWNER.id, name="Faults", document=orjson.dumps(self.document)
        )
        return flow_id
