"""What the database holds of a tree of executions, once it has ended."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import orjson
from psycopg.rows import scalar_row, tuple_row

from chaingraph.errors import Unavailable
from chaingraph.execution.events import Event, EventType
from chaingraph.execution.execution import Execution
from chaingraph.execution.results import LoadedResult
from chaingraph.ids import EventIndex, ExecutionId
from chaingraph.postgres.database import Database
from chaingraph.postgres.event_log import PostgresEventLog
from chaingraph.postgres.executions import PostgresExecutions
from tests.fault.audit import Audit, audit

RESULTS: Final = """
select node_id, status, attempt, detail from chaingraph.node_results where execution_id = %(execution_id)s
"""
RECOVERIES: Final = """
select reason from chaingraph.recoveries r join chaingraph.executions e on e.id = r.execution_id
where e.root_id = %(root_id)s order by r.recovered_at
"""
ENDS: Final = (EventType.NODE_COMPLETED, EventType.NODE_FAILED)
MOST_EVENTS: Final = 100_000
RETRY_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Records:
    """`ended`: when, by execution and node; `recoveries`: their reasons."""

    audit: Audit
    ended: Mapping[tuple[str, str], int]
    recoveries: Sequence[str]


@dataclass(frozen=True, slots=True)
class PostgresRecords:
    database: Database

    async def tree(self, root_id: ExecutionId) -> list[Execution]:
        return await PostgresExecutions(self.database).tree(root_id)

    async def events(self, execution_id: ExecutionId) -> Sequence[Event]:
        log = PostgresEventLog(self.database)
        return await log.read(execution_id, after=EventIndex(-2), limit=MOST_EVENTS)

    async def results(self, execution_id: ExecutionId) -> Iterable[LoadedResult]:
        parameters = {"execution_id": execution_id}
        rows = await self.database.rows(RESULTS, parameters, tuple_row)
        return [
            LoadedResult(node_id, status, attempt, orjson.loads(detail))
            for node_id, status, attempt, detail in rows
        ]


def records_of(root_id: str, database_url: str) -> Records:
    """Asked again and again while the database is away."""
    while True:
        with suppress(Unavailable):
            return asyncio.run(_records_of(ExecutionId(root_id), database_url))
        time.sleep(RETRY_SECONDS)


async def gathered(root_id: ExecutionId, database: Database) -> Records:
    store = PostgresRecords(database)
    ended: dict[tuple[str, str], int] = {}
    for execution in await store.tree(root_id):
        ended |= _ended(execution.id, await store.events(execution.id))
    reasons = await database.rows(RECOVERIES, {"root_id": root_id}, scalar_row)
    return Records(await audit(root_id, store), ended, reasons)


async def _records_of(root_id: ExecutionId, database_url: str) -> Records:
    database = Database(database_url)
    try:
        return await gathered(root_id, database)
    finally:
        await database.close()


def _ended(execution_id: str, log: Iterable[Event]) -> dict[tuple[str, str], int]:
    return {
        (execution_id, orjson.loads(event.payload)["nodeId"]): event.at_ms
        for event in log
        if event.type in ENDS
    }
