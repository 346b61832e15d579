"""The system on virtual time: the functions' tasks, the workflow's definition, the sweep, stores in memory.

Faults strike at chosen calls.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any

import orjson

from chaingraph.engine.identity import TreeLimits
from chaingraph.execution.callbacks import CallbackUrls
from chaingraph.execution.options import ExecutionOptions
from chaingraph.execution.slots import SlotLimits
from chaingraph.graph.json_types import JsonObject, list_of
from chaingraph.ids import ExecutionId, FlowId, WorkerId, WorkflowRun
from chaingraph.interfaces import Workflows
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
from tests.fakes.posts import FakePosts
from tests.fakes.store import fake_store
from tests.fault.director import OWNER, Director
from tests.fault.faults import DECISION, Kind, Schedule
from tests.fault.node_bodies import node_types
from tests.fault.sandboxes import LONG_SECONDS, Sandbox
from tests.fault.stores import Reached, Stores, StoresInMemory
from tests.fault.virtual_clock import VirtualClock, now_ms
from tests.fault.watched_runs import Watch
from tests.fault.workflow_in_memory import WorkflowInMemory

Payload = Mapping[str, Any]
Serve = Callable[[Payload], Awaitable[object]]

OUTAGE_SECONDS = 8.0
SWEEP_SECONDS = 30.0
LEASE_MS = 30_000
FUNCTION_SECONDS = 900
CALLBACK_URLS = CallbackUrls("https://api.example", random.randbytes)
SWEEPING = SweepSettings(
    stalled_after_ms=LEASE_MS + int(SWEEP_SECONDS * 1000),
    start_timeout_ms=60_000,
    identification_timeout_seconds=10,
    most_failures=1000,
    retention_ms=30 * 24 * 3600 * 1000,
    slots=SlotLimits(),
)


@dataclass(slots=True)
class Warm:
    """A process of a function, and what it has in memory."""

    sandbox: Sandbox
    serve: Serve


@dataclass
class System:
    """Everything but the relay and its viewers. `relay_dies` is called when the relay is to be killed.

    `on_going_on`: is told when a process that was stopped is about to go on. `called`: the flows that this
    one calls, by their ids; no two edges of all have the same id.
    """

    document: JsonObject
    schedule: Schedule
    deliveries: Callable[[Mapping[str, object]], list[timedelta]] = lambda _: [timedelta(0)]
    options: ExecutionOptions = field(default_factory=ExecutionOptions)
    slots: SlotLimits | None = None
    stores: Stores = field(default_factory=StoresInMemory)
    relay_dies: Callable[[], Awaitable[None]] | None = None
    on_going_on: Callable[[], None] = lambda: None
    called: Mapping[str, JsonObject] = field(default_factory=dict[str, JsonObject])
    is_away: bool = False

    def __post_init__(self) -> None:
        self.watch = Watch({"edges": self._edges()})
        self.workflow = WorkflowInMemory(self.invoke, now_ms, self.deliveries)
        self.director = Director(self.stores, self.workflow)
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
        match function:
            case "run_flow":
                return self._run_flow(sandbox)
            case "record_failure":
                failing = RecordFailureAdapters(self._outside(sandbox), 5, self._worker())
                return lambda payload: record_failure(payload, failing)
            case "await_signal":
                outside = self._outside(sandbox)
                waiting = AwaitSignalAdapters(outside.mailbox, outside.executions, outside.workflows)
                return lambda payload: await_signal(payload, waiting)
            case _:
                sweeping = self._sweeping(sandbox)
                return lambda payload: sweep(payload, sweeping)

    def _run_flow(self, sandbox: Sandbox) -> Serve:
        reached = self.stores.reached_from(sandbox, self.watch)
        outside = self._outside_of(reached, sandbox)
        plans = Plans(node_types(reached.runs.ledger()))
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

    def _outside(self, sandbox: Sandbox) -> Outside:
        return self._outside_of(self.stores.reached_from(sandbox, self.watch), sandbox)

    def _outside_of(self, reached: Reached, sandbox: Sandbox) -> Outside:
        store = reached.store
        return Outside(
            runs=store.runs,
            executions=store.executions,
            event_log=store.event_log,
            mailbox=store.mailbox,
            queue=store.queue,
            workflows=sandbox.outside(self.workflows),
            clock=lambda: self._decided(sandbox),
            callback_urls=CALLBACK_URLS,
        )

    def _decided(self, sandbox: Sandbox) -> int:
        """Of a process that dies here the next await is the last."""
        if DECISION in self.schedule.calls and self.schedule.next(DECISION) is not None:
            sandbox.kill()
        return now_ms()

    def _sweeping(self, sandbox: Sandbox) -> SweepAdapters:
        reached = self.stores.reached_from(sandbox, self.watch)
        return SweepAdapters(
            outside=self._outside_of(reached, sandbox),
            overdue=reached.store.overdue,
            connections=fake_store().connections,  # those of the viewers are not in question
            posts=FakePosts(),
            history=reached.store.history,
            settings=replace(SWEEPING, slots=self.slots or SlotLimits()),
            worker_id=self._worker(),
            now=VirtualClock().now,
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

    def goes_on(self) -> None:
        self.on_going_on()

    async def _meddle(self, kind: Kind, payload: Payload) -> None:
        """With workflow runs and signals."""
        match kind:
            case Kind.RUN_ENDED_BEFORE | Kind.RUN_ENDED_AFTER if "workflowRun" in payload:
                run = ExecutionId(payload["executionId"]), WorkflowRun(payload["workflowRun"])
                await self.workflow.stop(*run, "somebody has ended it")
            case Kind.SIGNALED:
                for execution in await self.stores.executions():
                    await self.stores.whole.mailbox.signal(execution.id)
            case Kind.SECOND_RUN:
                await self._start_second_runs()
            case _:
                await self.stores.strike(kind)

    async def _start_second_runs(self) -> None:
        """Of every execution that has not ended, while the first one goes on."""
        whole, outside = self.stores.whole, self._outside(self.sandbox())
        rescuer = Rescuer(
            replace(outside, runs=whole.runs, workflows=self.workflow), whole.overdue, self._worker(), 1000
        )
        for execution in await self.stores.executions():
            await take_over_ended(execution.id, execution.workflow_run, rescuer=rescuer)

    def _come_back(self) -> None:
        self.is_away = False

    # ------------------------------------------------------------ the flow

    async def store_flow(self) -> FlowId:
        flow_id = FlowId("V2fault")
        for known, document in {**self.called, flow_id: self.document}.items():
            await self.stores.whole.flows.create(
                FlowId(known), owner_id=OWNER.id, name="Faults", document=orjson.dumps(document)
            )
        return flow_id

    async def visit(self, root_id: ExecutionId) -> None:
        """What clients do once it has been started."""

    def _edges(self) -> list[object]:
        documents = (self.document, *self.called.values())
        return [edge for document in documents for edge in list_of(document["edges"])]
