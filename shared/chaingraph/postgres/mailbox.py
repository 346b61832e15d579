"""The durable mailbox: both sides store, commit, then look at the other side."""

from typing import Final

from psycopg.rows import scalar_row

from chaingraph.errors import NotFound
from chaingraph.ids import ExecutionId, TaskToken, WorkflowRun
from chaingraph.postgres.database import Database

KEEP: Final = """
insert into chaingraph.tokens (token, execution_id, workflow_run)
values (%(token)s, %(execution_id)s, %(workflow_run)s)
on conflict (token) do nothing
"""

# After KEEP has committed: a sender that commits later finds the token, an earlier one is seen here.
LOOK: Final = """
select signal_seq > seen_seq or workflow_run <> %(workflow_run)s
    or status in ('completed', 'failed', 'stopped')
from chaingraph.progress where execution_id = %(execution_id)s
"""

TOKENS: Final = """
select token from chaingraph.tokens where execution_id = %(execution_id)s order by created_at, token
"""

FORGET: Final = "delete from chaingraph.tokens where token = %(token)s"

SIGNAL: Final = """
update chaingraph.progress set signal_seq = signal_seq + 1, updated_at = now()
where execution_id = %(execution_id)s
"""


class PostgresMailbox:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, token: TaskToken, execution_id: ExecutionId, workflow_run: WorkflowRun) -> bool:
        parameters = {"token": token, "execution_id": execution_id, "workflow_run": workflow_run}
        await self._database.run(KEEP, parameters)
        is_due: bool | None = await self._database.row(LOOK, parameters, scalar_row)
        return is_due is not False

    async def tokens(self, execution_id: ExecutionId) -> list[TaskToken]:
        return await self._database.rows(TOKENS, {"execution_id": execution_id}, scalar_row)

    async def forget(self, token: TaskToken) -> None:
        await self._database.run(FORGET, {"token": token})

    async def signal(self, execution_id: ExecutionId) -> None:
        if not await self._database.run(SIGNAL, {"execution_id": execution_id}):
            raise NotFound(f"there is no execution {execution_id}")
