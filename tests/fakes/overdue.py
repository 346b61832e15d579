from dataclasses import replace
from datetime import datetime

from chaingraph.execution.commands import CommandKind, Reach
from chaingraph.execution.execution import Execution
from chaingraph.execution.options import OnNodeFailure
from chaingraph.execution.status import Status, is_final
from chaingraph.ids import Epoch, ExecutionId, WorkflowRun
from chaingraph.interfaces import FAILURES, Stall, Stalled, TakenOver
from tests.fakes.world import Record, Recovery, World

FAILED = {Status.FAILED, Status.STOPPED}


class FakeOverdue:
    def __init__(self, world: World) -> None:
        self._world = world

    async def unseen_signals(self, *, older_than_ms: int, limit: int) -> list[ExecutionId]:
        before = self._world.age_limit(older_than_ms)
        waiting = {kept.execution_id for kept in self._world.tokens.values() if kept.created_at < before}
        return sorted(known for known in waiting if self._has_unseen(known))[:limit]

    async def stalled(self, *, older_than_ms: int, start_timeout_ms: int, limit: int) -> list[Stalled]:
        before = self._world.age_limit(older_than_ms)
        records = list(self._world.records.values())
        records.sort(key=lambda record: (record.execution.created_at, record.execution.id))
        unstarted = self._world.age_limit(older_than_ms + start_timeout_ms)
        found = [(record.execution, self._why_stalled(record, before, unstarted)) for record in records]
        stalled = [
            Stalled(execution.id, execution.workflow_run, reason) for execution, reason in found if reason
        ]
        return stalled[:limit]

    async def done_waiting(self, *, older_than_ms: int, limit: int) -> list[ExecutionId]:
        before = self._world.age_limit(older_than_ms)
        records = self._world.records.values()
        found = [record.execution for record in records if self._is_done_waiting(record, before)]
        found.sort(key=lambda execution: (execution.created_at, execution.id))
        return [execution.id for execution in found[:limit]]

    async def untold_ends(self, *, older_than_ms: int, limit: int) -> list[ExecutionId]:
        before = self._world.age_limit(older_than_ms)
        found = [
            record.execution
            for record in self._world.records.values()
            if record.tells_caller
            and record.execution.completed_at is not None
            and record.execution.completed_at < before
        ]
        found.sort(key=lambda execution: (execution.created_at, execution.id))
        return [execution.id for execution in found[:limit]]

    async def unheard_stops(self, *, older_than_ms: int, limit: int) -> list[ExecutionId]:
        before = self._world.age_limit(older_than_ms)
        records = self._world.records.values()
        found = [record.execution for record in records if self._has_missed_a_stop(record.execution, before)]
        found.sort(key=lambda execution: (execution.created_at, execution.id))
        return [execution.id for execution in found[:limit]]

    async def take_over(self, stalled: Stalled) -> TakenOver | None:
        record = self._world.records.get(stalled.execution_id)
        if record is None or not self._may_be_taken_over(record, stalled):
            return None
        self._world.died(record)
        execution, now = record.execution, self._world.clock.now()
        recovery = Recovery(execution.id, stalled.reason, execution.status, record.worker_id)
        self._world.recoveries.append(recovery)
        record.worker_id = record.lease_expires_at = None
        record.execution = replace(
            execution,
            workflow_run=WorkflowRun(execution.workflow_run + 1),
            epoch=Epoch(execution.epoch + 1),
            failure_count=execution.failure_count + (stalled.reason in FAILURES),
            updated_at=now,
        )
        return TakenOver(record.execution.workflow_run, record.execution.failure_count)

    def _may_be_taken_over(self, record: Record, stalled: Stalled) -> bool:
        execution = record.execution
        if is_final(execution.status) or execution.workflow_run != stalled.workflow_run:
            return False
        lease = record.lease_expires_at
        return stalled.reason is Stall.WORKFLOW_ENDED or lease is None or lease < self._world.clock.now()

    def _has_unseen(self, execution_id: ExecutionId) -> bool:
        record = self._world.records.get(execution_id)
        return record is not None and record.signal_seq > record.seen_seq

    def _why_stalled(self, record: Record, before: datetime, unstarted: datetime) -> Stall | None:
        execution, lease = record.execution, record.lease_expires_at
        if is_final(execution.status) or self._waits_for_its_parent(record):
            return None
        if lease is not None:
            return Stall.LEASE_EXPIRED if lease < self._world.clock.now() else None
        if execution.updated_at >= before:
            return None
        if not self._has_token(record):
            return Stall.NO_WORKFLOW
        if _is_past_its_start(record, unstarted) or (record.wake_at and record.wake_at < before):
            return Stall.WAIT_OVER
        return None

    def _is_done_waiting(self, record: Record, before: datetime) -> bool:
        execution = record.execution
        if is_final(execution.status) or execution.updated_at >= before or record.lease_expires_at:
            return False
        if record.signal_seq > record.seen_seq or (execution.waiting or {}).get("kind") != "children":
            return False
        children = [
            other.execution
            for other in self._world.records.values()
            if other.execution.parent_id == execution.id
        ]
        fails = execution.options.on_node_failure is OnNodeFailure.FAIL
        failed = [child for child in children if child.status in FAILED and not child.is_called]
        return all(is_final(child.status) for child in children) or (fails and bool(failed))

    def _has_missed_a_stop(self, execution: Execution, before: datetime) -> bool:
        record = self._world.records.get(execution.parent_id) if execution.parent_id else None
        if record is None or is_final(execution.status) or _is_to_stop(execution):
            return False
        parent = record.execution
        is_stopped = parent.status is Status.STOPPED or _is_to_stop(parent)
        return is_stopped and parent.reach is Reach.TREE and parent.updated_at < before

    def _waits_for_its_parent(self, record: Record) -> bool:
        parent_id = record.execution.parent_id
        parent = self._world.records.get(parent_id) if parent_id else None
        statuses = (record.execution.status, parent.execution.status if parent else None)
        return statuses == (Status.CREATED, Status.CREATED)

    def _has_token(self, record: Record) -> bool:
        current = (record.execution.id, record.execution.workflow_run)
        since = [
            kept.created_at
            for kept in self._world.tokens.values()
            if (kept.execution_id, kept.workflow_run) == current
        ]
        is_signaled = record.signal_seq > record.seen_seq
        return any(is_signaled or at >= record.execution.updated_at for at in since)


def _is_to_stop(execution: Execution) -> bool:
    return execution.command is not None and execution.command.kind is CommandKind.STOP


def _is_past_its_start(record: Record, unstarted: datetime) -> bool:
    execution = record.execution
    is_new = execution.status is Status.CREATED and execution.waiting is None
    return is_new and execution.created_at < unstarted
