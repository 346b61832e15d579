"""What `create` and `start` leave behind when they die before they tell the workflow."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import orjson

from chaingraph.execution.execution import NewExecution
from chaingraph.execution.options import ExecutionOptions
from chaingraph.ids import EventIndex, ExecutionId, FlowHash, FlowId, UserId, new_execution_id
from chaingraph.postgres.database import Database
from chaingraph.postgres.event_log import PostgresEventLog
from chaingraph.postgres.executions import PostgresExecutions
from chaingraph.usecases.checked_flows import flow_hash
from chaingraph.usecases.create_execution import created_event

Result = TypeVar("Result")


def created_only(like: str, database_url: str) -> str:
    """A further execution of the same flow; its id."""
    return asyncio.run(_with(database_url, lambda database: _created_only(ExecutionId(like), database)))


def started_only(execution_id: str, database_url: str) -> None:
    asyncio.run(
        _with(database_url, lambda database: PostgresExecutions(database).start(ExecutionId(execution_id)))
    )


async def created_from(document: bytes, database: Database) -> ExecutionId:
    """An execution of a flow that nobody has stored."""
    new = _new(FlowId("V2fault"), flow_hash(document), UserId("alice"))
    return await _create(new, document, {"name": "Faults"}, database)


async def _created_only(like: ExecutionId, database: Database) -> ExecutionId:
    executions = PostgresExecutions(database)
    known = await executions.read(like)
    (first,) = await PostgresEventLog(database).read(like, after=EventIndex(-2), limit=1)
    new = _new(known.flow_id, known.flow_hash, known.owner_id)
    document = await executions.pinned_document(known.flow_hash)
    return await _create(new, document, orjson.loads(first.payload)["flowMetadata"], database)


async def _create(
    new: NewExecution, document: bytes, metadata: dict[str, object], database: Database
) -> ExecutionId:
    event = created_event(new, metadata, time.time_ns() // 1_000_000)
    await PostgresExecutions(database).create(new, document=document, created=event, idempotency=None)
    return new.id


def _new(flow_id: FlowId, hashed: FlowHash, owner_id: UserId) -> NewExecution:
    execution_id = new_execution_id(secrets.token_bytes)
    return NewExecution(
        id=execution_id,
        flow_id=flow_id,
        flow_hash=hashed,
        owner_id=owner_id,
        root_id=execution_id,
        parent_id=None,
        depth=0,
        options=ExecutionOptions(),
        integration={},
        external_event=None,
    )


async def _with(database_url: str, act: Callable[[Database], Awaitable[Result]]) -> Result:
    database = Database(database_url)
    try:
        return await act(database)
    finally:
        await database.close()
