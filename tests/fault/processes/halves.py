"""What `create` and `start` leave behind when they die before they tell the workflow."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import orjson

from chaingraph.execution.execution import NewExecution
from chaingraph.ids import EventIndex, ExecutionId, new_execution_id
from chaingraph.postgres.database import Database
from chaingraph.postgres.event_log import PostgresEventLog
from chaingraph.postgres.executions import PostgresExecutions
from chaingraph.usecases.create_execution import created_event

Result = TypeVar("Result")


def created_only(like: str, database_url: str) -> str:
    """A further execution of the same flow; its id."""
    return asyncio.run(_with(database_url, lambda database: _created_only(ExecutionId(like), database)))


def started_only(execution_id: str, database_url: str) -> None:
    asyncio.run(
        _with(database_url, lambda database: PostgresExecutions(database).start(ExecutionId(execution_id)))
    )


async def _created_only(like: ExecutionId, database: Database) -> ExecutionId:
    executions = PostgresExecutions(database)
    known = await executions.read(like)
    (first,) = await PostgresEventLog(database).read(like, after=EventIndex(-2), limit=1)
    execution_id = new_execution_id(secrets.token_bytes)
    new = NewExecution(
        id=execution_id,
        flow_id=known.flow_id,
        flow_hash=known.flow_hash,
        owner_id=known.owner_id,
        root_id=execution_id,
        parent_id=None,
        depth=0,
        options=known.options,
        integration=known.integration,
        external_event=None,
    )
    event = created_event(new, orjson.loads(first.payload)["flowMetadata"], time.time_ns() // 1_000_000)
    document = await executions.pinned_document(known.flow_hash)
    await executions.create(new, document=document, created=event, idempotency=None)
    return execution_id


async def _with(database_url: str, act: Callable[[Database], Awaitable[Result]]) -> Result:
    database = Database(database_url)
    try:
        return await act(database)
    finally:
        await database.close()
