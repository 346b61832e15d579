from collections.abc import Mapping
from dataclasses import replace

import orjson

from chaingraph.execution.callbacks import Answer, Answered, CallbackStanding, Expired, no_callback
from chaingraph.execution.status import is_final
from chaingraph.ids import CallbackName, ExecutionId, NodeId, TaskToken, WorkflowRun
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
        if record.execution.completed_at is None:
            record.execution = replace(record.execution, updated_at=self._world.clock.now())

    async def callback(
        self, execution_id: ExecutionId, node_id: NodeId, name: CallbackName
    ) -> CallbackStanding:
        record = self._world.records.get(execution_id)
        result = record.results.get(node_id) if record else None
        if record is None or result is None:
            raise no_callback()
        flow_hash = record.execution.flow_hash
        return CallbackStanding(
            status=record.execution.status,
            flow_hash=flow_hash,
            document=self._world.documents[flow_hash],
            node_status=result.status,
            detail=orjson.loads(result.detail),
            answer=record.answers.get(name),
        )

    async def answer(self, execution_id: ExecutionId, name: CallbackName, payload: bytes) -> bool:
        record = self._world.records.get(execution_id)
        if record is None or is_final(record.execution.status):
            return False
        record.signal_seq += 1
        if record.execution.completed_at is None:
            record.execution = replace(record.execution, updated_at=self._world.clock.now())
        answer = Answered(orjson.loads(payload))
        return record.answers.setdefault(name, answer) is answer

    async def expire(self, execution_id: ExecutionId, name: CallbackName) -> Answer:
        return self._world.record(execution_id).answers.setdefault(name, Expired())

    async def answers(self, execution_id: ExecutionId) -> Mapping[CallbackName, Answer]:
        return dict(self._world.record(execution_id).answers)
