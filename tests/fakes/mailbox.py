from dataclasses import replace

from chaingraph.execution.status import is_final
from chaingraph.ids import ExecutionId, TaskToken, WorkflowRun
from tests.fakes.world import KeptToken, World


class FakeMailbox:
    def __init__(self, world: World) -> None:
        self._world = world

    async def keep(self, token: TaskToken, execution_id: ExecutionId, workflow_run: WorkflowRun) -> bool:
        kept = KeptToken(execution_id, workflow_run, self._world.clock.now())
        self._world.tokens.setdefault(token, kept)
        record = self._world.records.get(execution_id)
        if record is None or is_final(record.execution.status):
            return True
        return record.signal_seq > record.seen_seq or record.execution.workflow_run != workflow_run

    async def tokens(self, execution_id: ExecutionId) -> list[TaskToken]:
        return [token for token, kept in self._world.tokens.items() if kept.execution_id == execution_id]

    async def forget(self, token: TaskToken) -> None:
        self._world.tokens.pop(token, None)

    async def signal(self, execution_id: ExecutionId) -> None:
        record = self._world.record(execution_id)
        record.signal_seq += 1
        record.execution = replace(record.execution, updated_at=self._world.clock.now())
