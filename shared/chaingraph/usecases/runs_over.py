"""What stands between somebody and the runs of a store, and changes some of what passes."""

from dataclasses import dataclass

from chaingraph.execution.commits import Checkpoint, Claim, Commit, CommitReply
from chaingraph.execution.slots import InLine, SlotLimits
from chaingraph.ids import EventIndex, ExecutionId, WorkerId, WorkflowRun
from chaingraph.interfaces import Runs


@dataclass
class RunsOver:
    """Implements `Runs` over another one: whatever is not overridden passes as it is."""

    runs: Runs

    async def claim(
        self,
        execution_id: ExecutionId,
        *,
        workflow_run: WorkflowRun,
        worker_id: WorkerId,
        lease_ms: int,
        slots: SlotLimits | None = None,
    ) -> Claim | InLine | None:
        answer = await self.runs.claim(
            execution_id, workflow_run=workflow_run, worker_id=worker_id, lease_ms=lease_ms, slots=slots
        )
        self.answered(answer)
        return answer

    def answered(self, answer: Claim | InLine | None) -> None:
        """Is told what was given to whoever asked for a claim."""

    async def load(self, claim: Claim) -> Checkpoint:
        return await self.runs.load(claim)

    async def commit(self, claim: Claim, commit: Commit, *, lease_ms: int) -> CommitReply:
        return await self.runs.commit(claim, commit, lease_ms=lease_ms)

    async def notify(self, execution_id: ExecutionId, last: EventIndex) -> None:
        await self.runs.notify(execution_id, last)

    async def fail(
        self, execution_id: ExecutionId, *, workflow_run: WorkflowRun, reason: str, most: int
    ) -> int:
        return await self.runs.fail(execution_id, workflow_run=workflow_run, reason=reason, most=most)
