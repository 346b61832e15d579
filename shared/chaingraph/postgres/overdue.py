"""What fell between two chairs, by the database's clock."""

from dataclasses import dataclass
from typing import Final, LiteralString

from psycopg.rows import class_row, scalar_row

from chaingraph.ids import ExecutionId, WorkflowRun
from chaingraph.interfaces import FAILURES, Stall, Stalled, TakenOver
from chaingraph.postgres.database import Database
from chaingraph.postgres.execution_rows import DIED_SILENTLY

UNSEEN_SIGNALS: Final = """
select distinct t.execution_id
from chaingraph.tokens t join chaingraph.progress p on p.execution_id = t.execution_id
where t.created_at < now() - %(older_than_ms)s * interval '1 millisecond' and p.signal_seq > p.seen_seq
order by t.execution_id limit %(limit)s
"""

# A token from before the last slice belongs to a wait that is over: it shows no life. Where a signal was sent
# since, the row was touched by that.
STALLED: Final = """
with moment as (
    select now() - %(older_than_ms)s * interval '1 millisecond' as before,
        now() - (%(older_than_ms)s + %(start_timeout_ms)s) * interval '1 millisecond' as unstarted
), looked_at as (
    select e.id as execution_id, e.created_at, p.workflow_run, case
        when p.lease_expires_at < now() then 'lease-expired'
        when p.lease_expires_at is not null or p.updated_at >= moment.before then null
        when not exists (
            select from chaingraph.tokens t
            where t.execution_id = e.id and t.workflow_run = p.workflow_run
                and (t.created_at >= p.updated_at or p.signal_seq > p.seen_seq)
        ) then 'no-workflow'
        when p.wake_at < moment.before then 'wait-over'
        when p.status = 'created' and p.waiting is null and e.created_at < moment.unstarted then 'wait-over'
    end as reason
    from moment, chaingraph.executions e
    join chaingraph.progress p on p.execution_id = e.id
    left join chaingraph.progress parent on parent.execution_id = e.parent_id
    where e.is_open and not (p.status = 'created' and parent.status is not distinct from 'created')
)
select execution_id, workflow_run, reason from looked_at where reason is not null
order by created_at, execution_id limit %(limit)s
"""

DONE_WAITING: Final = """
select e.id
from chaingraph.executions e join chaingraph.progress p on p.execution_id = e.id
where e.is_open and p.waiting->>'kind' = 'children' and p.lease_expires_at is null
    and p.signal_seq = p.seen_seq
    and p.updated_at < now() - %(older_than_ms)s * interval '1 millisecond'
    and (
        not exists (select from chaingraph.executions c where c.parent_id = e.id and c.is_open)
        or e.options->>'onNodeFailure' = 'fail' and exists (
            select from chaingraph.executions c join chaingraph.progress cp on cp.execution_id = c.id
            where c.parent_id = e.id and c.inputs is null and cp.status in ('failed', 'stopped')
        )
    )
order by e.created_at, e.id limit %(limit)s
"""

UNTOLD_ENDS: Final = """
select e.id
from chaingraph.executions e join chaingraph.progress p on p.execution_id = e.id
where e.tells_caller and not e.is_open
    and p.completed_at < now() - %(older_than_ms)s * interval '1 millisecond'
order by e.created_at, e.id limit %(limit)s
"""

UNHEARD_STOPS: Final = """
select e.id
from chaingraph.executions e join chaingraph.progress p on p.execution_id = e.id
join chaingraph.progress parent on parent.execution_id = e.parent_id
where e.is_open and p.command is distinct from 'stop' and parent.command_reach = 'tree'
    and (parent.status = 'stopped' or parent.command = 'stop')
    and parent.updated_at < now() - %(older_than_ms)s * interval '1 millisecond'
order by e.created_at, e.id limit %(limit)s
"""

# The epoch keeps a slice that is not dead after all from writing.
TAKE_OVER: Final = """
with previous as (
    select execution_id, worker_id, status = 'running' and lease_expires_at is not null as has_died
    from chaingraph.progress
    where execution_id = %(execution_id)s and workflow_run = %(workflow_run)s
        and status in ('created', 'running', 'paused')
        and (%(has_ended)s or coalesce(lease_expires_at, '-infinity') < now())
    for no key update
), taken as (
    update chaingraph.progress p
    set workflow_run = p.workflow_run + 1, epoch = p.epoch + 1, worker_id = null, lease_expires_at = null,
        failure_count = p.failure_count + case when %(is_failure)s then 1 else 0 end, updated_at = now(),
        waiting = case when has_died then %(died)s else p.waiting end
    from previous where p.execution_id = previous.execution_id
    returning p.execution_id, p.workflow_run, p.epoch, p.status, p.failure_count, previous.worker_id
), recorded as (
    insert into chaingraph.recoveries (execution_id, reason, epoch, previous_status, previous_worker_id)
    select execution_id, %(reason)s, epoch, status, worker_id from taken
)
select workflow_run, failure_count as failures from taken
"""


@dataclass(frozen=True, slots=True)
class StalledRow:
    execution_id: ExecutionId
    workflow_run: WorkflowRun
    reason: str


class PostgresOverdue:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def unseen_signals(self, *, older_than_ms: int, limit: int) -> list[ExecutionId]:
        return await self._found(UNSEEN_SIGNALS, older_than_ms, limit)

    async def stalled(self, *, older_than_ms: int, start_timeout_ms: int, limit: int) -> list[Stalled]:
        parameters = {"older_than_ms": older_than_ms, "start_timeout_ms": start_timeout_ms, "limit": limit}
        rows = await self._database.rows(STALLED, parameters, class_row(StalledRow))
        return [Stalled(row.execution_id, row.workflow_run, Stall(row.reason)) for row in rows]

    async def done_waiting(self, *, older_than_ms: int, limit: int) -> list[ExecutionId]:
        return await self._found(DONE_WAITING, older_than_ms, limit)

    async def untold_ends(self, *, older_than_ms: int, limit: int) -> list[ExecutionId]:
        return await self._found(UNTOLD_ENDS, older_than_ms, limit)

    async def unheard_stops(self, *, older_than_ms: int, limit: int) -> list[ExecutionId]:
        return await self._found(UNHEARD_STOPS, older_than_ms, limit)

    async def take_over(self, stalled: Stalled) -> TakenOver | None:
        parameters = {
            "execution_id": stalled.execution_id,
            "workflow_run": stalled.workflow_run,
            "reason": stalled.reason,
            "has_ended": stalled.reason is Stall.WORKFLOW_ENDED,
            "is_failure": stalled.reason in FAILURES,
            "died": DIED_SILENTLY,
        }
        return await self._database.row(TAKE_OVER, parameters, class_row(TakenOver))

    async def _found(self, query: LiteralString, older_than_ms: int, limit: int) -> list[ExecutionId]:
        parameters = {"older_than_ms": older_than_ms, "limit": limit}
        return await self._database.rows(query, parameters, scalar_row)
