"""The claim of a slice and its commits."""

from typing import Protocol

from chaingraph.execution.commits import Checkpoint, Claim, Commit, CommitReply
from chaingraph.execution.slots import InLine, SlotLimits
from chaingraph.ids import (
    EventIndex,
    ExecutionId,
    WorkerId,
    WorkflowRun,
)


class Runs(Protocol):
    """The claim of a slice and its commits: the only way to write to an execution's log."""

    async def claim(
        self,
        execution_id: ExecutionId,
        *,
        workflow_run: WorkflowRun,
        worker_id: WorkerId,
        lease_ms: int,
        slots: SlotLimits | None = None,
    ) -> Claim | InLine | None:
        """Take the execution over, with a new epoch. None: it has ended, or belongs to a newer workflow run.

        A claim that replaces one whose lease was not given back is recorded as a recovery; where it was
        running, it is `retrying` until a node has come to an end. The first claim of a child starts it
        (created → running): it needs no start of its own.

        With limits, the claim of a running execution takes a slot unless a stop or a pause is pending. Where
        none is free the answer is InLine: all signals up to now count as seen. A slice that died keeps its
        slot until its lease is over. Without limits the claim needs no slot.
        """
        ...

    async def load(self, claim: Claim) -> Checkpoint:
        """Read what a slice starts from, in one round trip. Raises Conflict when the epoch has moved on."""
        ...

    async def commit(self, claim: Claim, commit: Commit, *, lease_ms: int) -> CommitReply:
        """Write one batch in one statement, fenced by the epoch and by `commit.first`.

        A batch that is already there (its reply was lost) is answered as landed. Raises Conflict when the
        epoch has moved on: nothing was written, and nothing may be written any more. The batch that ends the
        slice gives its slot back.
        """
        ...

    async def notify(self, execution_id: ExecutionId, last: EventIndex) -> None:
        """Send a wake-up hint, in a transaction of its own. It may be lost."""
        ...

    async def fail(
        self, execution_id: ExecutionId, *, workflow_run: WorkflowRun, reason: str, most: int
    ) -> int:
        """Count a slice that died; answers the failures since a node last came to an end, `most` at most.

        The claim of that slice is over, and the execution waits to be tried again (`retrying`).
        Raises NotFound, Conflict when the execution has ended or belongs to a newer workflow run.
        """
        ...
