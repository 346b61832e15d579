"""A run in one process, without a database; children run after their parent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from chaingraph.engine.driver import Driver
from chaingraph.engine.identity import RunIdentity, TreeLimits
from chaingraph.engine.outcomes import Failed, Outcome, Stopped
from chaingraph.engine.plan import Plan
from chaingraph.engine.recorder import Child, Record, Recorder
from chaingraph.engine.run import Run
from chaingraph.engine.scope import Clock
from chaingraph.execution.execution import ExternalEvent
from chaingraph.execution.options import ExecutionOptions
from chaingraph.graph.facilities import NO_FACILITIES, Facilities
from chaingraph.ids import EventIndex

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
) -> MemoryRun:
    """Run a flow to its end; `on_record` gets its events, those of children under their own identity."""
    recorder = Recorder(EventIndex(0))
    run = Run(plan, identity=identity, options=options, limits=limits, recorder=recorder)
    journal = _MemoryJournal(identity, recorder, on_record)
    run.begin(clock())
    driver = Driver(run, journal=journal, clock=clock, active_ms=0, facilities=facilities)
    outcome = await driver.drive()
    _conclude(run, outcome, driver.active_ms, clock())
    journal.wrote()
    run_child = partial(
        run_in_memory,
        plan,
        options=options,
        limits=limits,
        clock=clock,
        on_record=on_record,
        facilities=facilities,
    )
    children = [await run_child(identity=_child_identity(identity, child)) for child in journal.children]
    return MemoryRun(run, outcome, children)


def _conclude(run: Run, outcome: Outcome, active_ms: int, now_ms: int) -> None:
    match outcome:
        case Failed():
            run.fail_flow(outcome.message, active_ms, now_ms)
        case Stopped():
            run.cancel_flow(outcome.reason, active_ms, now_ms)
        case _:
            run.spawning.release(now_ms)
            run.complete_flow(active_ms, now_ms)


def _child_identity(parent: RunIdentity, child: Child) -> RunIdentity:
    return replace(
        parent,
        execution_id=child.id,
        parent_id=parent.execution_id,
        depth=parent.depth + 1,
        external_event=ExternalEvent(child.event_name, child.payload),
    )


class _MemoryJournal:
    """Hands every record on at once: what is recorded is as durable as it gets."""

    def __init__(self, identity: RunIdentity, recorder: Recorder, on_record: OnRecord) -> None:
        self.children: list[Child] = []
        self._identity = identity
        self._recorder = recorder
        self._on_record = on_record

    def wrote(self) -> None:
        if not self._recorder.is_empty:
            record = self._recorder.take()
            self.children.extend(record.children)
            self._on_record(self._identity, record)

    async def flush(self) -> None:
        self.wrote()
