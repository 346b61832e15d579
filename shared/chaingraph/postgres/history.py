"""Deleting what is kept of executions that ended long ago, in pieces."""

from typing import Final

from psycopg.rows import scalar_row

from chaingraph.postgres.database import Database

# Fewer victims than asked for: these are the last events of all these executions.
FORGET_EVENTS: Final = """
with old as (
    select e.id from chaingraph.executions e join chaingraph.progress p on p.execution_id = e.id
    where not e.is_open and e.events_deleted_at is null
        and e.created_at < now() - %(older_than_ms)s * interval '1 millisecond'
        and p.completed_at < now() - %(older_than_ms)s * interval '1 millisecond'
    order by e.created_at, e.id limit 100
), victims as (
    select event.execution_id, event.index
    from old cross join lateral (
        select execution_id, index from chaingraph.events where execution_id = old.id limit %(limit)s
    ) event
    limit %(limit)s
), found as (
    select count(*) as events, count(*) < %(limit)s as is_all from victims
), deleted as (
    delete from chaingraph.events e using victims
    where e.execution_id = victims.execution_id and e.index = victims.index
), results as (
    delete from chaingraph.node_results r using old, found where r.execution_id = old.id and found.is_all
), signals as (
    delete from chaingraph.signals s using old, found where s.execution_id = old.id and found.is_all
), tokens as (
    delete from chaingraph.tokens t using old, found where t.execution_id = old.id and found.is_all
), callable as (
    delete from chaingraph.callable_flows c using old, found where c.root_id = old.id and found.is_all
), marked as (
    update chaingraph.executions e set events_deleted_at = now()
    from old, found where e.id = old.id and found.is_all
)
select events from found
"""

FORGET_DOCUMENTS: Final = """
select chaingraph.delete_unused_documents(
    %(older_than_ms)s * interval '1 millisecond', %(limit)s::integer
)
"""


class PostgresHistory:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def forget_events(self, *, older_than_ms: int, limit: int) -> int:
        parameters = {"older_than_ms": older_than_ms, "limit": limit}
        return await self._database.row(FORGET_EVENTS, parameters, scalar_row) or 0

    async def forget_documents(self, *, older_than_ms: int, limit: int) -> int:
        parameters = {"older_than_ms": older_than_ms, "limit": limit}
        return await self._database.row(FORGET_DOCUMENTS, parameters, scalar_row) or 0
