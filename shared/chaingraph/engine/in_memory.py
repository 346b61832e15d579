"""A run in one process, without a database; called children run beside their parent, the others after it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

import orjson

from chaingraph.engine.driver import Driver
from chaingraph.engine.identity import RunIdentity, TreeLimits
from chaingraph.engine.memory_outside import MemoryOutside, Respond
from chaingraph.engine.outcomes import Asleep, Failed, Finished, Outcome, Stopped
from chaingraph.engine.plan import Plan
from chaingraph.engine.recorder import CalledFlow, Child, Record, Recorder
from chaingraph.engine.returning import returned
from chaingraph.engine.run import Run
from chaingraph.engine.scope import Clock
from chaingraph.execution.calls import CallEnd
from chaingraph.execution.execution import ExternalEvent
from chaingraph.execution.options import ExecutionOptions, OnNodeFailure
from chaingraph.execution.results import LoadedResult, StoredResult
from chaingraph.graph.facilities import NO_FACILITIES, Facilities
from chaingraph.graph.outside import CallFailed, Returned
from chaingraph.ids import EventIndex, FlowId, NodeId

NO_FLOWS: Final[Mapping[FlowId, Plan]] = {}

OnRecord = Callable[[RunIdentity, Record], None]


@dataclass(frozen=True, slots=True)
class MemoryRun:
    """A run that has ended: its final state, and the runs of its children."""

    run: Run
    outcome: Outcome
    children: Sequence["MemoryRun"]


async def run_in_memory(  # noqa: PLR0913 - all that a run is made of, by keyword only
    plan: Plan,
    *,
    identity: RunIdentity,
    options: ExecutionOptions,
    limits: TreeLimits,
    clock: Clock,
    on_record: OnRecord,
    facilities: Facilities = NO_FACILITIES,
    awake_ms: int | None = None,
    respond: Respond | None = None,
    flows: Mapping[FlowId, Plan] = NO_FLOWS,
) -> MemoryRun:
    """Run a flow to its end; `on_record` gets its events, those of children under their own identity.

    `awake_ms`: as in a system, a run that only waits for a time further away than this is left, and goes on
    from its stored results when the time has come. `respond`: who answers callbacks; None: nobody can.
    `flows`: those that may be called.
    """
    surroundings = _Surroundings(
        plan, options, limits, clock, on_record, facilities, awake_ms, respond, flows
    )
    return await _Execution(identity, surroundings).ended()


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What all executions of a tree have in common."""

    plan: Plan
    options: ExecutionOptions
    limits: TreeLimits
    clock: Clock
    on_record: OnRecord
    facilities: Facilities
    awake_ms: int | None
    respond: Respond | None
    flows: Mapping[FlowId, Plan]


class _Execution:
    def __init__(self, identity: RunIdentity, surroundings: _Surroundings) -> None:
        self._identity = identity
        self._around = surroundings
        self._outside = MemoryOutside(identity.execution_id, surroundings.respond, self, self._news_came)
        self._journal = _MemoryJournal(identity, self._outside, surroundings.on_record)
        self._active_ms = 0
        self._called: list[MemoryRun] = []
        self._driver: Driver | None = None
        self._news = asyncio.Event()

    async def ended(self) -> MemoryRun:
        try:
            return await self._ended()
        finally:
            await self._outside.close()

    async def _ended(self) -> MemoryRun:
        run = self._new_run()
        run.begin(self._around.clock())
        outcome = await self._driven(run)
        while isinstance(outcome, Asleep):
            run.leave_bodies(self._around.clock())
            self._journal.wrote()
            await self._something_comes(outcome.until_ms)
            run = self._resumed()
            outcome = await self._driven(run)
        await self._outside.all_ended()
        _conclude(run, outcome, self._active_ms, self._around.clock())
        self._journal.wrote()
        emitted = [await self._child(child) for child in self._journal.children if child.call is None]
        return MemoryRun(run, outcome, [*self._called, *emitted])

    def knows(self, flow_id: FlowId) -> bool:
        return flow_id in self._around.flows

    async def run(self, child: Child, call: CalledFlow) -> CallEnd:
        """Run a called flow to its end."""
        options = self._around.options.model_copy(update={"on_node_failure": OnNodeFailure.FAIL})
        around = replace(self._around, plan=self._around.flows[call.flow_id], options=options)
        ended = await _Execution(_called_identity(self._identity, child, call), around).ended()
        self._called.append(ended)
        return _call_end(ended)

    async def _something_comes(self, until_ms: int | None) -> None:
        """The time, or somebody outside."""
        seconds = None if until_ms is None else max(0, until_ms - self._around.clock()) / 1000
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
        self._outside.raise_problems()

    def _news_came(self) -> None:
        self._news.set()
        if self._driver is not None:
            self._driver.look()

    def _new_run(self) -> Run:
        around = self._around
        recorder = self._journal.new_recorder()
        run = Run(
            around.plan,
            identity=self._identity,
            options=around.options,
            limits=around.limits,
            recorder=recorder,
        )
        run.callbacks.answers, run.calls.ends = self._outside.answers, self._outside.ends
        self._news.clear()
        return run

    def _resumed(self) -> Run:
        run = self._new_run()
        run.restore(self._journal.loaded_results(), {child.id for child in self._journal.children})
        return run

    async def _driven(self, run: Run) -> Outcome:
        around = self._around
        driver = Driver(
            run,
            journal=self._journal,
            clock=around.clock,
            active_ms=self._active_ms,
            awake_ms=around.awake_ms,
            facilities=around.facilities,
            outside=self._outside,
        )
        self._driver = driver
        outcome = await driver.drive()
        self._driver = None
        self._active_ms = driver.active_ms
        return outcome

    async def _child(self, child: Child) -> MemoryRun:
        return await _Execution(_child_identity(self._identity, child), self._around).ended()


def _conclude(run: Run, outcome: Outcome, active_ms: int, now_ms: int) -> None:
    match outcome:
        case Failed():
            run.fail_flow(outcome.message, active_ms, now_ms)
        case Stopped():
            run.cancel_flow(outcome.reason, active_ms, now_ms)
        case Finished():
            run.spawning.release(now_ms)
            run.complete_flow(active_ms, now_ms)
        case _:
            pass  # paused, and left like that


def _child_identity(parent: RunIdentity, child: Child) -> RunIdentity:
    return replace(
        parent,
        execution_id=child.id,
        parent_id=parent.execution_id,
        depth=parent.depth + 1,
        external_event=ExternalEvent(child.event_name or "", child.payload),
    )


def _called_identity(parent: RunIdentity, child: Child, call: CalledFlow) -> RunIdentity:
    return replace(
        parent,
        execution_id=child.id,
        parent_id=parent.execution_id,
        flow_id=call.flow_id,
        depth=parent.depth + 1,
        external_event=None,
        inputs=call.inputs,
    )


def _call_end(ended: MemoryRun) -> CallEnd:
    match ended.outcome:
        case Finished():
            return Returned(returned(ended.run))
        case Failed(message=message):
            return CallFailed(message)
        case _:
            return CallFailed("it has not come to its end")


class _MemoryJournal:
    """Hands every record on at once: what is recorded is as durable as it gets."""

    def __init__(self, identity: RunIdentity, outside: MemoryOutside, on_record: OnRecord) -> None:
        self.children: list[Child] = []
        self._identity = identity
        self._outside = outside
        self._recorder = Recorder(EventIndex(0))
        self._on_record = on_record
        self._results: dict[NodeId, StoredResult] = {}

    def new_recorder(self) -> Recorder:
        """The recorder of the next stretch of the run, which goes on with the next index."""
        self._recorder = Recorder(self._recorder.next_index)
        return self._recorder

    def loaded_results(self) -> list[LoadedResult]:
        return [
            LoadedResult(result.node_id, result.status, result.attempt, orjson.loads(result.detail))
            for result in self._results.values()
        ]

    def wrote(self) -> None:
        if not self._recorder.is_empty:
            record = self._recorder.take()
            self.children.extend(record.children)
            self._results.update((result.node_id, result) for result in record.results)
            self._outside.see(record.results)
            self._outside.start(record.children)
            self._on_record(self._identity, record)

    async def flush(self) -> None:
        self.wrote()
