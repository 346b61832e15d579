"""Give a new workflow run to executions with which nobody goes on, or give them up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chaingraph.ids import ExecutionId, WorkerId, WorkflowRun
from chaingraph.interfaces import Overdue, Stall, Stalled, TakenOver
from chaingraph.usecases.run_slice import fail_execution
from chaingraph.usecases.slices import Outside
from chaingraph.usecases.start_workflow import AT_ONCE, start_workflow
from chaingraph.usecases.wake_up import wake_up

MOST_AT_ONCE: Final = 100

WORDS: Final[Mapping[Stall, str]] = {
    Stall.LEASE_EXPIRED: "a slice died",
    Stall.NO_WORKFLOW: "there was no workflow",
    Stall.WAIT_OVER: "nobody came when its wait was over",
    Stall.WORKFLOW_ENDED: "its workflow ended before it did",
}


@dataclass(frozen=True, slots=True)
class Rescuer:
    """`most`: so many deaths without a new node result between them end an execution as failed."""

    outside: Outside
    overdue: Overdue
    worker_id: WorkerId
    most: int


async def take_over_stalled(*, older_than_ms: int, start_timeout_ms: int, rescuer: Rescuer) -> int:
    """How many were taken over. Two at once are harmless: each execution is taken by one of them."""
    found = await rescuer.overdue.stalled(
        older_than_ms=older_than_ms, start_timeout_ms=start_timeout_ms, limit=MOST_AT_ONCE
    )
    return sum([await take_over(stalled, rescuer=rescuer) for stalled in found])


async def take_over_ended(execution_id: ExecutionId, run: WorkflowRun, *, rescuer: Rescuer) -> bool:
    """A workflow run has ended: where its execution is open and has no newer one, it gets one at once."""
    return await take_over(Stalled(execution_id, run, Stall.WORKFLOW_ENDED), rescuer=rescuer)


async def take_over(stalled: Stalled, *, rescuer: Rescuer) -> bool:
    """False: it has ended or moved on. A workflow that cannot be started now is missed by the next sweep.

    The run before may wait after all: woken, it sees that it is over.
    """
    outside = rescuer.outside
    taken = await rescuer.overdue.take_over(stalled)
    if taken is None:
        return False
    if taken.failures >= rescuer.most:
        await _give_up(stalled, taken, rescuer)
    else:
        await start_workflow(stalled.execution_id, taken.workflow_run, AT_ONCE, workflows=outside.workflows)
    await wake_up(stalled.execution_id, mailbox=outside.mailbox, workflows=outside.workflows)
    return True


async def _give_up(stalled: Stalled, taken: TakenOver, rescuer: Rescuer) -> None:
    reason = f"{taken.failures} attempts to run it died; at last {WORDS[stalled.reason]}"
    await fail_execution(
        stalled.execution_id,
        taken.workflow_run,
        reason,
        outside=rescuer.outside,
        worker_id=rescuer.worker_id,
    )
