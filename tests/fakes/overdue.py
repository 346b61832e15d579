from dataclasses import replace
from datetime import datetime

from chaingraph.execution.options import OnNodeFailure
from chaingraph.execution.status import Status, is_final
from chaingraph.ids import ExecutionId, WorkflowRun
from chaingraph.interfaces import Stalled
from tests.fakes.world import Record, World


class FakeOverdue:
    def __init__(self, world: World) -> None:
        self._world = world

    async def unseen_signals(self, *, older_than_ms: int, limit: int) -> list[ExecutionId]:
        before = self._world.age_limit(older_than_ms)
        waiting = {kept.execution_id for kept in self._world.tokens.values() if kept.created_at < before}
        return sorted(known for known in waiting if self._has_unseen(known))[:limit]

    async def stalled(self, *, older_than_ms: int, limit: int) -> list[Stalled]:
        before = self._world.age_limit(older_than_ms)
        found = [record.execution for record in self._world.records.values() if self._stalls(record, before)]
        found.sort(key=lambda execution: (execution.created_at, execution.id))
        return [Stalled(execution.id, execution.workflow_run) for execution in found[:limit]]

    async def done_waiting(self, *, older_than_ms: int, limit: int) -> list[ExecutionId]:
        before = self._world.age_limit(older_than_ms)
        records = self._world.records.values()
        found = [record.execution for record in records if self._is_done_waiting(record, before)]
        found.sort(key=lambda execution: (execution.created_at, execution.id))
        return [execution.id for execution in found[:limit]]

    async def next_run(self, execution_id: ExecutionId, run: WorkflowRun) -> WorkflowRun | None:
        record = self._world.records.get(execution_id)
        if record is None or is_final(record.execution.status) or record.execution.workflow_run != run:
            return None
        following, now = WorkflowRun(run + 1), self._world.clock.now()
        record.execution = replace(record.execution, workflow_run=following, updated_at=now)
        return following

    def _has_unseen(self, execution_id: ExecutionId) -> bool:
        record = self._world.records.get(execution_id)
        return record is not None and record.signal_seq > record.seen_seq

    def _stalls(self, record: Record, before: datetime) -> bool:
        execution = record.execution
        is_held = record.lease_expires_at and record.lease_expires_at >= self._world.clock.now()
        if is_final(execution.status) or execution.updated_at >= before or is_held:
            return False
        if self._waits_for_its_parent(record):
            return False
        return not self._has_token(record) or _is_past_its_wait(record, before)

    def _is_done_waiting(self, record: Record, before: datetime) -> bool:
        execution = record.execution
        if is_final(execution.status) or execution.updated_at >= before or record.lease_expires_at:
            return False
        if record.signal_seq > record.seen_seq or (execution.waiting or {}).get("kind") != "children":
            return False
        statuses = [
            other.execution.status
            for other in self._world.records.values()
            if other.execution.parent_id == execution.id
        ]
        fails = execution.options.on_node_failure is OnNodeFailure.FAIL
        return all(map(is_final, statuses)) or (fails and bool({Status.FAILED, Status.STOPPED} & {*statuses}))

    def _waits_for_its_parent(self, record: Record) -> bool:
        parent_id = record.execution.parent_id
        parent = self._world.records.get(parent_id) if parent_id else None
        statuses = (record.execution.status, parent.execution.status if parent else None)
        return statuses == (Status.CREATED, Status.CREATED)

    def _has_token(self, record: Record) -> bool:
        current = (record.execution.id, record.execution.workflow_run)
        return any((kept.execution_id, kept.workflow_run) == current for kept in self._world.tokens.values())


def _is_past_its_wait(record: Record, before: datetime) -> bool:
    execution = record.execution
    start = execution.created_at if execution.status is Status.CREATED else None
    wake_at = record.wake_at or start
    return wake_at is not None and wake_at < before
