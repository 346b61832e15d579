"""A slice died for good: try again, or end the execution."""

from dataclasses import dataclass
from typing import Final

from chaingraph.ids import ExecutionId, WorkflowRun
from chaingraph.interfaces import Runs

MAX_BACK_OFF_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class DeadSlice:
    """What the workflow reports of it."""

    execution_id: ExecutionId
    workflow_run: WorkflowRun
    error: str
    cause: str


@dataclass(frozen=True, slots=True)
class RunAgain:
    """After that many seconds; 0: at once."""

    wait_seconds: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No more tries: end the execution as failed, for this reason."""

    reason: str


Verdict = RunAgain | GiveUp


async def record_failure(dead: DeadSlice, *, runs: Runs, most: int) -> Verdict:
    """Count it; after `most` failures without a new node result between them the execution is given up.

    Raises Conflict when the execution has ended or belongs to a newer workflow run.
    """
    reason = failure_reason(dead)
    count = await runs.fail(dead.execution_id, workflow_run=dead.workflow_run, reason=reason, most=most)
    if count >= most:
        return GiveUp(f"{count} attempts to run it died; the last one: {reason}")
    return RunAgain(back_off_seconds(count))


def failure_reason(dead: DeadSlice) -> str:
    return f"{dead.error}: {dead.cause}" if dead.cause else dead.error


def back_off_seconds(count: int) -> int:
    """The first failure costs no wait; then 1, 2, 4 … seconds."""
    return 0 if count <= 1 else min(2 ** (count - 2), MAX_BACK_OFF_SECONDS)
