"""What wakes an execution: its mailbox, its workflow, and the look at what fell between two chairs."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from chaingraph.execution.callbacks import Answer, CallbackStanding
from chaingraph.ids import (
    CallbackName,
    ExecutionId,
    NodeId,
    TaskToken,
    WorkflowRun,
)


class Mailbox(Protocol):
    """The durable mailbox of an execution: both sides store, commit, then look at the other side."""

    async def keep(self, token: TaskToken, execution_id: ExecutionId, workflow_run: WorkflowRun) -> bool:
        """Store a waiting task's token, commit, then look: True when a signal came that no slice has seen.

        True also when the token belongs to an older workflow run or an execution that has ended.
        """
        ...

    async def tokens(self, execution_id: ExecutionId) -> list[TaskToken]: ...

    async def forget(self, token: TaskToken) -> None: ...

    async def signal(self, execution_id: ExecutionId) -> None:
        """Raise the signal number, without a payload."""
        ...

    async def callback(
        self, execution_id: ExecutionId, node_id: NodeId, name: CallbackName
    ) -> CallbackStanding:
        """What an answer to a callback of that node meets. Raises NotFound."""
        ...

    async def answer(self, execution_id: ExecutionId, name: CallbackName, payload: bytes) -> bool:
        """Store the answer to a callback, and raise the signal number.

        False: another answer or the end of its time was first, or the execution has ended.
        """
        ...

    async def expire(self, execution_id: ExecutionId, name: CallbackName) -> Answer:
        """Nobody can answer any more; what stands then: an answer, if one was first."""
        ...

    async def answers(self, execution_id: ExecutionId) -> Mapping[CallbackName, Answer]:
        """What has become of its callbacks."""
        ...


class Stall(StrEnum):
    """How it shows that nobody goes on with an execution."""

    LEASE_EXPIRED = "lease-expired"
    """A slice died, and no other one came."""
    NO_WORKFLOW = "no-workflow"
    """No task waits and no slice runs: the workflow was never started, or is gone."""
    WAIT_OVER = "wait-over"
    """The time of the wait is over, and no slice came."""
    WORKFLOW_ENDED = "workflow-ended"
    """The workflow run has ended without being told to."""


# What says that something breaks the slices; the others only say that one did not come.
FAILURES: Final = frozenset({Stall.LEASE_EXPIRED, Stall.WORKFLOW_ENDED})


@dataclass(frozen=True, slots=True)
class Stalled:
    """An open execution whose workflow run shows no life."""

    execution_id: ExecutionId
    workflow_run: WorkflowRun
    reason: Stall


@dataclass(frozen=True, slots=True)
class TakenOver:
    """`failures`: how often slices or workflow runs have died since a node last came to an end."""

    workflow_run: WorkflowRun
    failures: int


class Overdue(Protocol):
    """What fell between two chairs. Ages are measured by the database's clock."""

    async def unseen_signals(self, *, older_than_ms: int, limit: int) -> list[ExecutionId]:
        """Executions with a token stored longer ago than that, and a signal that no slice has seen."""
        ...

    async def stalled(self, *, older_than_ms: int, start_timeout_ms: int, limit: int) -> list[Stalled]:
        """Open executions with which nobody goes on.

        That is: a lease is over; or nobody holds it, it was untouched for longer than that, and there is no
        token that the current workflow run has stored since its last slice, or the time of the wait
        (`wake_at`; of a created one the time for its start) is over for longer than that. A child waits as
        long as its parent is only created.
        """
        ...

    async def done_waiting(self, *, older_than_ms: int, limit: int) -> list[ExecutionId]:
        """Executions untouched for longer than that, which wait for children although none is open any more.

        Or although one has failed, where that ends them. Those with an unseen signal are left out.
        """
        ...

    async def untold_ends(self, *, older_than_ms: int, limit: int) -> list[ExecutionId]:
        """Called children that ended longer ago than that, of whose end their caller was sent no signal."""
        ...

    async def unheard_stops(self, *, older_than_ms: int, limit: int) -> list[ExecutionId]:
        """Open executions without a stop whose parent was stopped with its tree, longer ago than that."""
        ...

    async def take_over(self, stalled: Stalled) -> TakenOver | None:
        """Raise the workflow run by one, and record it; None: it has ended or moved on meanwhile.

        No slice of the old workflow run writes any more. Of an execution whose workflow run has not ended,
        somebody may have claimed it meanwhile: then it has moved on.
        """
        ...


class Completion(StrEnum):
    """What became of a try to complete a task token."""

    DELIVERED = "delivered"
    GONE = "gone"


class Workflows(Protocol):
    """The durable workflow service."""

    async def start(self, execution_id: ExecutionId, run: WorkflowRun, wait_seconds: int) -> None:
        """Start the workflow of that name; one that exists already counts as started."""
        ...

    async def complete(self, token: TaskToken, output: Mapping[str, object]) -> Completion:
        """Complete a waiting task. GONE: timed out, completed before, or unknown."""
        ...

    async def stop(self, execution_id: ExecutionId, run: WorkflowRun, cause: str) -> None: ...
