from dataclasses import replace

import orjson

from chaingraph.errors import Conflict
from chaingraph.execution.commands import CommandKind, Reach
from chaingraph.execution.commits import Checkpoint, Claim, Commit, CommitReply, SliceEnd, Waiting
from chaingraph.execution.execution import Execution
from chaingraph.execution.results import LoadedResult, ResultStatus, StoredResult
from chaingraph.execution.slots import InLine, SlotLimits
from chaingraph.execution.status import Status, is_final
from chaingraph.ids import Epoch, EventIndex, ExecutionId, WorkerId, WorkflowRun
from chaingraph.interfaces import EventsWakeUp
from tests.fakes.instants import at_ms
from tests.fakes.line import Slot
from tests.fakes.world import Record, Recovery, World

LONGEST_BACK_OFF_MS = 60_000
HOLDING = {CommandKind.PAUSE, CommandKind.STOP}


class FakeRuns:
    def __init__(self, world: World) -> None:
        self._world = world

    async def claim(
        self,
        execution_id: ExecutionId,
        *,
        workflow_run: WorkflowRun,
        worker_id: WorkerId,
        lease_ms: int,
        slots: SlotLimits | None = None,
    ) -> Claim | InLine | None:
        record = self._world.records.get(execution_id)
        if record is None or not _is_open(record.execution, workflow_run):
            return None
        is_rescue = record.lease_expires_at is not None
        if is_rescue:
            self._recovered(record, "lease-not-returned")
        has_slot = self._take_slot(record.execution, slots)
        if has_slot is False:
            self._stand_in_line(record)
            return InLine()
        self._world.died(record)
        record.execution = self._claimed(record.execution)
        record.worker_id, record.lease_expires_at = worker_id, self._world.lease_until(lease_ms)
        epoch = record.execution.epoch
        return Claim(execution_id, epoch, workflow_run, worker_id, bool(has_slot), is_rescue)

    async def load(self, claim: Claim) -> Checkpoint:
        record = self._held(claim)
        execution = record.execution
        document = self._world.documents[execution.flow_hash]
        results = tuple(_loaded(result) for result in record.results.values())
        return Checkpoint(execution, record.signal_seq, document, results, record.inputs or {})

    async def commit(self, claim: Claim, commit: Commit, *, lease_ms: int) -> CommitReply:
        record = self._held(claim)
        if not _passes(commit, record):
            return _not_landed_now(commit, record, claim)
        self._write(commit, record)
        record.lease_expires_at = self._world.lease_until(lease_ms)
        frees = claim.has_slot and commit.end is not None
        if frees:
            self._world.line.holders.pop(claim.execution_id, None)
        if commit.end:
            self._end(commit.end, record)
        return replace(_reply(record, landed=True), has_freed_slot=frees and bool(self._world.line.places))

    async def notify(self, execution_id: ExecutionId, last: EventIndex) -> None:
        self._world.hint(EventsWakeUp(execution_id, last))

    async def fail(
        self, execution_id: ExecutionId, *, workflow_run: WorkflowRun, reason: str, most: int
    ) -> int:
        record = self._world.record(execution_id)
        if not _is_open(record.execution, workflow_run):
            raise Conflict(f"execution {execution_id} is {record.execution.status}")
        self._recovered(record, "slice-died")
        self._give_back(record)
        count = min(record.execution.failure_count + 1, most)
        waiting = _shown(Waiting("retrying", detail=reason))
        record.execution = replace(record.execution, failure_count=count)
        if record.execution.status is not Status.PAUSED:
            record.execution = replace(record.execution, waiting=waiting)
        record.wake_at = self._world.lease_until(LONGEST_BACK_OFF_MS)
        return count

    def _take_slot(self, execution: Execution, limits: SlotLimits | None) -> bool | None:
        """None: it needs none."""
        starts = execution.status is Status.CREATED and execution.parent_id is not None
        is_held = execution.command is not None and execution.command.kind in HOLDING
        if limits is None or is_held or not (starts or execution.status is Status.RUNNING):
            self._world.line.places.pop(execution.id, None)
            return None
        if execution.id not in self._world.line.holders:
            self._world.clear_dead_slots()
        slot = Slot(execution.owner_id, execution.epoch + 1)
        return self._world.line.take(execution.id, slot, limits, self._world.clock.now())

    def _stand_in_line(self, record: Record) -> None:
        self._give_back(record)
        record.execution = replace(record.execution, waiting={"kind": "slot"})
        record.seen_seq, record.wake_at = record.signal_seq, None

    def _give_back(self, record: Record) -> None:
        record.lease_expires_at = record.worker_id = None
        epoch, now = Epoch(record.execution.epoch + 1), self._world.clock.now()
        record.execution = replace(record.execution, epoch=epoch, updated_at=now)

    def _held(self, claim: Claim) -> Record:
        record = self._world.records.get(claim.execution_id)
        if record is None or record.execution.epoch != claim.epoch:
            raise _moved_on(claim)
        return record

    def _claimed(self, execution: Execution) -> Execution:
        """A child needs no start of its own: its first claim starts it."""
        now = self._world.clock.now()
        claimed = replace(execution, epoch=Epoch(execution.epoch + 1), updated_at=now)
        if execution.status is Status.CREATED and execution.parent_id:
            return replace(claimed, status=Status.RUNNING, started_at=now)
        return claimed

    def _write(self, commit: Commit, record: Record) -> None:
        advances = any(result.status is not ResultStatus.STARTED for result in commit.results)
        record.events.extend(commit.events)
        record.results.update({result.node_id: result for result in commit.results})
        self._world.insert_children(commit.children)
        record.execution = replace(
            record.execution,
            waiting=None if advances else record.execution.waiting,
            next_index=EventIndex(commit.first + len(commit.events)),
            active_ms=record.execution.active_ms + commit.active_ms,
            error_count=record.execution.error_count + commit.error_count,
            failure_count=0 if advances else record.execution.failure_count,
            updated_at=self._world.clock.now(),
        )

    def _end(self, end: SliceEnd, record: Record) -> None:
        execution = record.execution
        record.lease_expires_at = record.worker_id = None
        record.seen_seq = end.seen_seq
        record.outputs = end.outputs
        record.wake_at = at_ms(end.waiting.until_ms) if end.waiting and end.waiting.until_ms else None
        record.execution = replace(
            execution,
            status=end.status or execution.status,
            command=None if end.takes_command or _closes(end) else execution.command,
            waiting=_shown(end.waiting) if end.waiting else None,
            workflow_run=WorkflowRun(execution.workflow_run + end.continues_as_new_run),
            error_message=_storable(end.error_message) or execution.error_message,
            error_node_id=end.error_node_id or execution.error_node_id,
            completed_at=self._world.clock.now() if _closes(end) else None,
        )

    def _recovered(self, record: Record, reason: str) -> None:
        execution = record.execution
        recovery = Recovery(execution.id, reason, execution.status, record.worker_id)
        self._world.recoveries.append(recovery)


def _is_open(execution: Execution, workflow_run: WorkflowRun) -> bool:
    return execution.workflow_run == workflow_run and not is_final(execution.status)


def _passes(commit: Commit, record: Record) -> bool:
    has_seen_all = commit.end is None or commit.end.seen_seq == record.signal_seq
    return bool(record.lease_expires_at) and record.execution.next_index == commit.first and has_seen_all


def _not_landed_now(commit: Commit, record: Record, claim: Claim) -> CommitReply:
    is_given_back = record.lease_expires_at is None
    is_behind = record.execution.next_index == commit.first + len(commit.events)
    if is_behind and is_given_back == (commit.end is not None):
        frees = claim.has_slot and commit.end is not None
        return replace(_reply(record, landed=True), has_freed_slot=frees)
    if commit.end and record.execution.next_index == commit.first and not is_given_back:
        return _reply(record, landed=False)
    raise _moved_on(claim)


def _reply(record: Record, *, landed: bool) -> CommitReply:
    pending = record.execution.command  # for whom else it is, is not told
    return CommitReply(landed, pending and replace(pending, reach=Reach.ALONE), record.signal_seq)


def _closes(end: SliceEnd) -> bool:
    return end.status is not None and is_final(end.status)


def _loaded(result: StoredResult) -> LoadedResult:
    return LoadedResult(result.node_id, result.status, result.attempt, orjson.loads(result.detail))


def _shown(waiting: Waiting) -> dict[str, object]:
    detail = _storable(waiting.detail)
    fields = {"kind": waiting.kind, "untilMs": waiting.until_ms, "detail": detail, "by": waiting.by}
    return {name: value for name, value in fields.items() if value is not None}


def _storable(text: str | None) -> str | None:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}") if text else None


def _moved_on(claim: Claim) -> Conflict:
    return Conflict(f"execution {claim.execution_id} has moved on from epoch {claim.epoch}")
