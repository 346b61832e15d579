"""One turn of a workflow run: a slice, and what its end means for others.

A waiting turn costs the workflow's history a dozen events of a limited number: after so many turns the
execution goes on in a new workflow run, which the slice's last commit names and which is started after it.
When that start is lost, whoever looks next makes up for it: the old run's next turn, or the sweep.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from chaingraph.errors import NotFound, Unavailable
from chaingraph.execution.status import is_final
from chaingraph.ids import Epoch, ExecutionId, WorkerId, WorkflowRun
from chaingraph.usecases.call_next import call_next
from chaingraph.usecases.run_slice import Plans, run_slice
from chaingraph.usecases.slices import DONE, Outside, SliceSettings, Verdict
from chaingraph.usecases.start_workflow import AT_ONCE, start_workflow
from chaingraph.usecases.turn_runs import TurnRuns, Written


@dataclass(frozen=True, slots=True)
class Turn:
    """`number`: how many slices this workflow run has had before."""

    execution_id: ExecutionId
    workflow_run: WorkflowRun
    number: int = 0


@dataclass(frozen=True, slots=True)
class TurnReport:
    """`epoch` None: it claimed nothing. `is_in_line`: there was no slot. `has_rescued`: a slice had died."""

    turn: Turn
    epoch: Epoch | None
    verdict: Verdict
    is_in_line: bool
    has_continued: bool
    has_rescued: bool
    written: Written


@dataclass(frozen=True, slots=True)
class Worker:
    """Who takes turns: its id, what it has compiled, and who is told of each claim and of each turn."""

    id: WorkerId
    plans: Plans
    on_report: Callable[[TurnReport], None] = lambda _: None
    on_claim: Callable[[Epoch], None] = lambda _: None


async def take_turn(turn: Turn, *, outside: Outside, settings: SliceSettings, worker: Worker) -> Verdict:
    """Raises Unavailable when the database does not answer; the workflow then takes another turn."""
    runs = TurnRuns(outside.runs, continues=turn.number >= settings.max_turns, on_claim=worker.on_claim)
    verdict = await run_slice(
        turn.execution_id,
        turn.workflow_run,
        outside=replace(outside, runs=runs),
        settings=settings,
        plans=worker.plans,
        worker_id=worker.id,
    )
    report = _report(turn, verdict, runs)
    worker.on_report(report)
    if runs.has_freed_slot and settings.slots is not None:
        with suppress(Unavailable):  # the sweep calls them
            await call_next(
                settings.slots, queue=outside.queue, mailbox=outside.mailbox, workflows=outside.workflows
            )
    return await _handed_over(report, outside)


def _report(turn: Turn, verdict: Verdict, runs: TurnRuns) -> TurnReport:
    return TurnReport(
        turn=turn,
        epoch=runs.epoch,
        verdict=verdict,
        is_in_line=runs.is_in_line,
        has_continued=runs.has_continued,
        has_rescued=runs.has_rescued,
        written=runs.written,
    )


async def _handed_over(report: TurnReport, outside: Outside) -> Verdict:
    """Where this was the last turn, the same verdict holds in the next workflow run."""
    turn, verdict = report.turn, report.verdict
    if report.has_continued:
        wait_seconds = verdict.wait_seconds if verdict.next == "wait" else AT_ONCE
        await _start_next(turn, wait_seconds, outside)
        return DONE
    if report.epoch is None and not report.is_in_line and await _was_handed_over(turn, outside):
        await _start_next(turn, AT_ONCE, outside)
    return verdict


async def _was_handed_over(turn: Turn, outside: Outside) -> bool:
    """An earlier try of this turn may have died before it started the next workflow run."""
    try:
        execution = await outside.executions.read(turn.execution_id)
    except NotFound:
        return False
    return execution.workflow_run == turn.workflow_run + 1 and not is_final(execution.status)


async def _start_next(turn: Turn, wait_seconds: int, outside: Outside) -> None:
    following = WorkflowRun(turn.workflow_run + 1)
    await start_workflow(turn.execution_id, following, wait_seconds, workflows=outside.workflows)
