"""What fell between two chairs, by the database's clock."""

from typing import Final

from psycopg.rows import class_row, scalar_row

from chaingraph.ids import ExecutionId, WorkflowRun
from chaingraph.interfaces import Stalled
from chaingraph.postgres.database import Database

UNSEEN_SIGNALS: Final = """
select distinct t.execution_id
from chaingraph.tokens t join chaingraph.progress p on p.execution_id = t.execution_id
where t.created_at < now() - %(older_than_ms)s * interval '1 millisecond' and p.signal_seq > p.seen_seq
order by t.execution_id limit %(limit)s
"""

STALLED: Final = """
with moment as (select now() - %(older_than_ms)s * interval '1 millisecond' as before)
select e.id as execution_id, p.workflow_run
from moment, chaingraph.executions e
join chaingraph.progress p on p.execution_id = e.id
left join chaingraph.progress parent on parent.execution_id = e.parent_id
where e.is_open and p.updated_at < moment.before
    and (p.lease_expires_at is null or p.lease_expires_at < now())
    and not (p.status = 'created' and parent.status is not distinct from 'created')
    and (
        coalesce(p.wake_at, case when p.status = 'created' then e.created_at end) < moment.before
        or not exists (
            select from chaingraph.tokens t
            where t.execution_id = e.id and t.workflow_run = p.workflow_run
        )
    )
order by e.created_at, e.id limit %(limit)s
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
            where c.parent_id = e.id and cp.status in ('failed', 'stopped')
        )
    )
order by e.created_at, e.id limit %(limit)s
"""

NEXT_RUN: Final = """
update chaingraph.progress set workflow_run = workflow_run + 1, updated_at = now()
where execution_id = %(execution_id)s and workflow_run = %(workflow_run)s
    and status in ('created', 'running', 'paused')
returning workflow_run
"""


class PostgresOverdue:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def unseen_signals(self, *, older_than_ms: int, limit: int) -> list[ExecutionId]:
        parameters = {"older_than_ms": older_than_ms, "limit": limit}
        return await self._database.rows(UNSEEN_SIGNALS, parameters, scalar_row)

    async def stalled(self, *, older_than_ms: int, limit: int) -> list[Stalled]:
        parameters = {"older_than_ms": older_than_ms, "limit": limit}
        return await self._database.rows(STALLED, parameters, class_row(Stalled))

    async def done_waiting(self, *, older_than_ms: int, limit: int) -> list[ExecutionId]:
        parameters = {"older_than_ms": older_than_ms, "limit": limit}
        return await self._database.rows(DONE_WAITING, parameters, scalar_row)

    async def next_run(self, execution_id: ExecutionId, run: WorkflowRun) -> WorkflowRun | None:
        parameters = {"execution_id": execution_id, "workflow_run": run}
        return await self._database.row(NEXT_RUN, parameters, scalar_row)
