"""Reads what is stored about runs, ended ones included, and keeps the definitions."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import psycopg
from psycopg.rows import DictRow, dict_row

from chaingraph.errors import Unavailable
from infra.local.workflow.description import Description
from infra.local.workflow.documents import decode
from infra.local.workflow.times import instant, milliseconds

FIND = "select * from workflow.runs where name = %(name)s"
OPEN = "select * from workflow.runs where status = 'RUNNING'"
UNREPORTED = "select * from workflow.runs where report_due"
LIST = """
select * from workflow.runs
where (started_at, name) < (%(before)s, %(before_name)s) and (%(status)s::text is null or status = %(status)s)
order by started_at desc, name desc
limit %(limit)s
"""
HISTORY = "select events from workflow.history where run = %(name)s order by first_event"
REPORTED = "update workflow.runs set report_due = false where name = %(name)s"
FORGET = """
with forgotten as (
    delete from workflow.runs where stopped_at < %(before)s and not report_due returning name
)
delete from workflow.history where run in (select name from forgotten)
"""
KEEP_DEFINITION = """
insert into workflow.definitions (digest, text) values (%(digest)s, %(text)s) on conflict do nothing
"""
DEFINITIONS = """
select digest, text from workflow.definitions
where digest in (select definition from workflow.runs where status = 'RUNNING')
"""

Parameters = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class OpenRun:
    description: Description
    standing: str


@dataclass(frozen=True, slots=True)
class Page:
    """Runs started before (`before_ms`, `before_name`), the latest first."""

    limit: int
    before_ms: int
    before_name: str
    status: str | None = None


class Archive:
    """Raises Unavailable when the database does not answer."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._db: psycopg.AsyncConnection[DictRow] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def aclose(self) -> None:
        if self._db:
            await self._db.close()

    async def find(self, name: str) -> Description | None:
        rows = await self._run(FIND, {"name": name})
        return _description(rows[0]) if rows else None

    async def open_runs(self) -> list[OpenRun]:
        return [OpenRun(_description(row), row["standing"]) for row in await self._run(OPEN, {})]

    async def unreported(self) -> list[Description]:
        return [_description(row) for row in await self._run(UNREPORTED, {})]

    async def list_runs(self, page: Page) -> list[Description]:
        parameters = {
            "limit": page.limit,
            "before": instant(page.before_ms),
            "before_name": page.before_name,
            "status": page.status,
        }
        return [_description(row) for row in await self._run(LIST, parameters)]

    async def history(self, name: str) -> list[Any]:
        """The stored events of a run, oldest first."""
        rows = await self._run(HISTORY, {"name": name})
        parts: list[Any] = [decode(row["events"]) for row in rows]
        return [event for part in parts for event in part]

    async def mark_reported(self, name: str) -> None:
        await self._run(REPORTED, {"name": name})

    async def forget_runs(self, *, ended_before_ms: int) -> None:
        """Their names are free again."""
        await self._run(FORGET, {"before": instant(ended_before_ms)})

    async def keep_definition(self, digest: str, text: str) -> None:
        await self._run(KEEP_DEFINITION, {"digest": digest, "text": text})

    async def definitions(self) -> dict[str, str]:
        """The texts that runs go on with, by digest."""
        return {row["digest"]: row["text"] for row in await self._run(DEFINITIONS, {})}

    async def _run(self, query: LiteralString, parameters: Parameters) -> list[DictRow]:
        async with self._one_at_a_time:
            try:
                db = await self._connected()
                cursor = await db.execute(query, parameters)
                return await cursor.fetchall() if cursor.description else []
            except psycopg.OperationalError as error:
                await self.aclose()
                self._db = None
                raise Unavailable("the workflow's database does not answer") from error

    async def _connected(self) -> psycopg.AsyncConnection[DictRow]:
        if self._db is None:
            connect = psycopg.AsyncConnection[DictRow].connect
            self._db = await connect(self._url, autocommit=True, row_factory=dict_row)
        return self._db


def _description(row: DictRow) -> Description:
    stopped_at: datetime | None = row["stopped_at"]
    return Description(
        name=row["name"],
        definition=row["definition"],
        status=row["status"],
        input=row["input"],
        started_at_ms=milliseconds(row["started_at"]),
        stopped_at_ms=None if stopped_at is None else milliseconds(stopped_at),
        output=row["output"],
        error=row["error"],
        cause=row["cause"],
    )
