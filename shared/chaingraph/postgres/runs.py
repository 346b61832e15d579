"""The claim of a slice and its commits."""

from dataclasses import dataclass
from typing import Final, LiteralString

import orjson
from psycopg.rows import class_row

from chaingraph.errors import Conflict, NotFound
from chaingraph.execution.commits import Checkpoint, Claim, Commit, CommitReply, Waiting
from chaingraph.execution.results import LoadedResult, ResultStatus
from chaingraph.execution.slots import InLine, SlotLimits
from chaingraph.ids import Epoch, EventIndex, ExecutionId, UserId, WorkerId, WorkflowRun
from chaingraph.postgres.commits import commit_parameters, commit_query, encoded_waiting
from chaingraph.postgres.database import Database
from chaingraph.postgres.execution_rows import (
    COLUMNS,
    DIED_SILENTLY,
    TABLES,
    ExecutionRow,
    command,
    execution,
)
from chaingraph.postgres.hints import hint_at_events
from chaingraph.postgres.queue import slot_parameters
from chaingraph.postgres.sessions import storable

# A child needs no start of its own: its first claim starts it. Who finds no slot stands in line, has seen all
# signals, and takes away what a slice that died has left; the new epoch keeps that one from writing.
CLAIM: Final = """
with previous as (
    select p.execution_id, p.status, p.worker_id, p.lease_expires_at, p.epoch, e.owner_id,
        p.status = 'created' and e.parent_id is not null as starts,
        p.command is not distinct from 'stop' or p.command is not distinct from 'pause' as is_held
    from chaingraph.progress p join chaingraph.executions e on e.id = p.execution_id
    where p.execution_id = %(execution_id)s and p.workflow_run = %(workflow_run)s
        and p.status in ('created', 'running', 'paused')
    for no key update of p
), admitted as materialized (
    select previous.*, case
        when %(is_limited)s and (starts or status = 'running') and not is_held then chaingraph.take_slot(
            execution_id, owner_id, epoch + 1, %(in_all)s::integer, %(of_owner)s::integer
        )
    end as has_slot
    from previous
), claimed as (
    update chaingraph.progress p
    set epoch = admitted.epoch + 1, worker_id = %(worker_id)s, updated_at = now(),
        lease_expires_at = now() + %(lease_ms)s * interval '1 millisecond',
        status = case when starts then 'running' else p.status end,
        started_at = case when starts then now() else p.started_at end,
        waiting = case
            when p.status = 'running' and admitted.lease_expires_at is not null then %(died)s else p.waiting
        end
    from admitted where p.execution_id = admitted.execution_id and has_slot is not false
    returning p.epoch, coalesce(has_slot, false) as has_slot,
        admitted.lease_expires_at is not null as is_rescue
), in_line as (
    update chaingraph.progress p
    set epoch = admitted.epoch + 1, worker_id = null, updated_at = now(), lease_expires_at = null,
        seen_seq = signal_seq, waiting = '{"kind":"slot"}', wake_at = null
    from admitted where p.execution_id = admitted.execution_id and has_slot is false
), left_line as (
    delete from chaingraph.waiting_line w using admitted
    where w.execution_id = admitted.execution_id and has_slot is null
), recovered as (
    insert into chaingraph.recoveries
        (execution_id, reason, epoch, previous_status, previous_worker_id, worker_id)
    select execution_id, 'lease-not-returned', epoch + 1, status, worker_id, %(worker_id)s
    from admitted where lease_expires_at is not null
)
select epoch, has_slot, is_rescue from claimed
union all
select null, false, false from admitted where has_slot is false
"""

CHECKPOINT: Final[LiteralString] = """
, p.signal_seq, s.document, e.inputs, (
    select json_agg(json_build_array(node_id, status, attempt, detail)) from chaingraph.node_results r
    where r.execution_id = e.id
) as results
"""

UNDER_EPOCH: Final[LiteralString] = """
join chaingraph.flow_snapshots s on s.hash = e.flow_hash
where e.id = %(execution_id)s and p.epoch = %(epoch)s
"""

LOAD: Final[LiteralString] = "select" + COLUMNS + CHECKPOINT + TABLES + UNDER_EPOCH

# In a statement of its own, because it has to see what another transaction committed meanwhile.
STANDING: Final = """
select next_index, lease_expires_at is null as is_given_back, command, command_by, command_reason, signal_seq,
    %(has_slot)s as has_freed_slot
from chaingraph.progress where execution_id = %(execution_id)s and epoch = %(epoch)s
"""

# A retry comes within this, or it is made up for.
LONGEST_BACK_OFF_MS: Final = 60_000

# The new epoch keeps a slice that is not dead after all from writing.
FAIL: Final = """
with previous as (
    select execution_id, worker_id from chaingraph.progress where execution_id = %(execution_id)s
    for no key update
), counted as (
    update chaingraph.progress p
    set failure_count = least(failure_count + 1, %(most)s), updated_at = now(), epoch = epoch + 1,
        worker_id = null, lease_expires_at = null,
        waiting = case when status = 'paused' then waiting else %(waiting)s end,
        wake_at = now() + %(retry_ms)s * interval '1 millisecond'
    from previous
    where p.execution_id = previous.execution_id and workflow_run = %(workflow_run)s
        and status in ('created', 'running', 'paused')
    returning p.execution_id, failure_count, status, previous.worker_id, epoch
), recorded as (
    insert into chaingraph.recoveries
        (execution_id, reason, detail, epoch, previous_status, previous_worker_id)
    select execution_id, 'slice-died', %(detail)s, epoch, status, worker_id from counted
)
select p.status, p.workflow_run, counted.failure_count
from chaingraph.progress p left join counted on counted.execution_id = p.execution_id
where p.execution_id = %(execution_id)s
"""


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """`epoch` None: there was no slot."""

    epoch: Epoch | None
    has_slot: bool
    is_rescue: bool


@dataclass(frozen=True, slots=True)
class CheckpointRow(ExecutionRow):
    signal_seq: int
    document: bytes
    inputs: bytes | None
    results: bytes | None


@dataclass(frozen=True, slots=True)
class ReplyRow:
    command: str | None
    command_by: UserId | None
    command_reason: str | None
    signal_seq: int
    has_freed_slot: bool


@dataclass(frozen=True, slots=True)
class Standing(ReplyRow):
    """Where the row stands while the epoch is still the same."""

    next_index: EventIndex
    is_given_back: bool


@dataclass(frozen=True, slots=True)
class Failures:
    """`failure_count` None: it was not counted."""

    status: str
    workflow_run: WorkflowRun
    failure_count: int | None


class PostgresRuns:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(
        self,
        execution_id: ExecutionId,
        *,
        workflow_run: WorkflowRun,
        worker_id: WorkerId,
        lease_ms: int,
        slots: SlotLimits | None = None,
    ) -> Claim | InLine | None:
        parameters = {
            "execution_id": execution_id,
            "workflow_run": workflow_run,
            "worker_id": worker_id,
            "lease_ms": lease_ms,
            "is_limited": slots is not None,
            "died": DIED_SILENTLY,
            **slot_parameters(slots or SlotLimits()),
        }
        row = await self._database.row(CLAIM, parameters, class_row(ClaimRow))
        if row is None:
            return None
        if row.epoch is None:
            return InLine()
        return Claim(execution_id, row.epoch, workflow_run, worker_id, row.has_slot, row.is_rescue)

    async def load(self, claim: Claim) -> Checkpoint:
        parameters = {"execution_id": claim.execution_id, "epoch": claim.epoch}
        row = await self._database.row(LOAD, parameters, class_row(CheckpointRow))
        if row is None:
            raise _moved_on(claim)
        return Checkpoint(
            execution(row, row.waiting),
            row.signal_seq,
            row.document,
            _results(row.results),
            orjson.loads(row.inputs) if row.inputs else {},
        )

    async def commit(self, claim: Claim, commit: Commit, *, lease_ms: int) -> CommitReply:
        parameters = commit_parameters(claim, commit, lease_ms)
        row = await self._database.row(commit_query(claim, commit), parameters, class_row(ReplyRow))
        return _reply(row, landed=True) if row else await self._not_landed_now(claim, commit)

    async def notify(self, execution_id: ExecutionId, last: EventIndex) -> None:
        await hint_at_events(execution_id, last, database=self._database)

    async def fail(
        self, execution_id: ExecutionId, *, workflow_run: WorkflowRun, reason: str, most: int
    ) -> int:
        parameters = {
            "execution_id": execution_id,
            "workflow_run": workflow_run,
            "detail": storable(reason),
            "waiting": encoded_waiting(Waiting("retrying", detail=reason)),
            "retry_ms": LONGEST_BACK_OFF_MS,
            "most": most,
        }
        row = await self._database.row(FAIL, parameters, class_row(Failures))
        if row is None:
            raise NotFound(f"there is no execution {execution_id}")
        if row.failure_count is None:
            raise Conflict(
                f"execution {execution_id} is {row.status}, in its workflow run {row.workflow_run}"
            )
        return row.failure_count

    async def _not_landed_now(self, claim: Claim, commit: Commit) -> CommitReply:
        """The fence refused it: it had landed before, a signal is unseen, or the epoch has moved on."""
        parameters = {
            "execution_id": claim.execution_id,
            "epoch": claim.epoch,
            "has_slot": claim.has_slot and commit.end is not None,
        }
        standing = await self._database.row(STANDING, parameters, class_row(Standing))
        if standing is None:
            raise _moved_on(claim)
        if _has_landed(commit, standing):
            return _reply(standing, landed=True)
        if commit.end and standing.next_index == commit.first and not standing.is_given_back:
            return _reply(standing, landed=False)
        raise _moved_on(claim)


def _has_landed(commit: Commit, standing: Standing) -> bool:
    """The row stands where this batch leaves it."""
    is_behind = standing.next_index == commit.first + len(commit.events)
    return is_behind and standing.is_given_back == (commit.end is not None)


def _reply(row: ReplyRow, *, landed: bool) -> CommitReply:
    pending = command(row.command, row.command_by, row.command_reason)
    return CommitReply(landed, pending, row.signal_seq, has_freed_slot=landed and row.has_freed_slot)


def _results(encoded: bytes | None) -> tuple[LoadedResult, ...]:
    return tuple(
        LoadedResult(node_id, ResultStatus(status), attempt, detail)
        for node_id, status, attempt, detail in (orjson.loads(encoded) if encoded else ())
    )


def _moved_on(claim: Claim) -> Conflict:
    return Conflict(
        f"execution {claim.execution_id} has moved on from epoch {claim.epoch} of {claim.worker_id}"
    )
