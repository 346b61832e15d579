"""The one writer of the runs: gathers what changed and writes it with one statement, one commit.

While a commit is under way the next batch gathers; many runs that move at once share a commit. A change is
written as the run stands when its batch leaves, so two moves within a batch cost one row. The connection
holds a lock that no second process gets, so what is in memory is what is stored, or will be. When the
database is away the batch waits for it.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import psycopg
from psycopg.rows import DictRow, dict_row

from infra.local.workflow.documents import encode
from infra.local.workflow.refusals import LostOwnership

logger = logging.getLogger(__name__)

LOCK = "select pg_advisory_lock(hashtext('workflow owner'))"
TAKE_OVER = "update workflow.owner set epoch = epoch + 1 returning epoch"

WRITE = """
with given as materialized (
    select *
    from json_to_recordset(%(changes)s::json) as given (
        name text, is_new boolean, definition text, status text, input text, started_at timestamptz,
        standing text, stopped_at timestamptz, output text, error text, cause text, report_due boolean,
        first_event integer, events text)
), begun as (
    insert into workflow.runs (
        name, definition, status, input, started_at, standing, stopped_at, output, error, cause, report_due)
    select name, definition, status, input, started_at, standing, stopped_at, output, error, cause, report_due
    from given
    where is_new
    on conflict (name) do update set name = excluded.name
        where runs.input = excluded.input and runs.started_at = excluded.started_at
    returning name
), moved as (
    update workflow.runs
    set status = given.status, standing = given.standing, stopped_at = given.stopped_at,
        output = given.output, error = given.error, cause = given.cause, report_due = given.report_due
    from given
    where not given.is_new and runs.name = given.name
), told as (
    insert into workflow.history (run, first_event, events)
    select name, first_event, events
    from given
    where events is not null and (not is_new or name in (select name from begun))
    on conflict do nothing
)
select name from begun
"""

RECONNECT_SECONDS = 0.2

Change = Mapping[str, object]


class Changed(Protocol):
    """What can be written: asked once, when its batch leaves."""

    @property
    def name(self) -> str: ...

    def take_change(self) -> Change: ...


@dataclass(slots=True)
class Batch:
    """`done` holds, once written, the names among the new ones that were free."""

    done: asyncio.Future[frozenset[str]]
    runs: dict[str, Changed] = field(default_factory=dict[str, Changed])


class Journal:
    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._db: psycopg.AsyncConnection[DictRow] | None = None
        self._epoch: int | None = None
        self._wanted = asyncio.Event()
        self._open = self._new_batch()
        self._leaving: Batch | None = None

    async def take_over(self) -> None:
        """Wait until no other process owns the runs."""
        await self._connected()

    async def write_forever(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            batch, self._open = self._open, self._new_batch()
            self._leaving = batch
            changes = encode([run.take_change() for run in batch.runs.values()])
            names = await self._persist(changes)
            self._leaving = None
            batch.done.set_result(names)

    async def aclose(self) -> None:
        if self._db:
            await self._db.close()

    async def save(self, run: Changed) -> frozenset[str]:
        """Return when the change is stored."""
        self._open.runs[run.name] = run
        self._wanted.set()
        return await asyncio.shield(self._open.done)

    def save_later(self, run: Changed) -> None:
        """Write the change with the next batch that somebody waits for."""
        self._open.runs[run.name] = run

    def leave(self) -> None:
        """Write now what was to be written later."""
        if self._open.runs:
            self._wanted.set()

    def is_pending(self, name: str) -> bool:
        return name in self._open.runs or (self._leaving is not None and name in self._leaving.runs)

    async def settle(self, name: str) -> None:
        """Return when nothing about the run waits to be stored."""
        while True:
            if name in self._open.runs:
                self._wanted.set()
                await asyncio.shield(self._open.done)
            elif self._leaving is not None and name in self._leaving.runs:
                await asyncio.shield(self._leaving.done)
            else:
                return

    def _new_batch(self) -> Batch:
        return Batch(done=asyncio.get_running_loop().create_future())

    async def _persist(self, changes: str) -> frozenset[str]:
        while True:
            try:
                db = await self._connected()
                rows = await (await db.execute(WRITE, {"changes": changes}, prepare=True)).fetchall()
                return frozenset(row["name"] for row in rows)
            except psycopg.OperationalError as error:
                logger.warning("the workflow's database does not answer", extra={"error": str(error)})
                await self._forget_connection()
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _forget_connection(self) -> None:
        await self.aclose()
        self._db = None

    async def _connected(self) -> psycopg.AsyncConnection[DictRow]:
        if self._db is None:
            connect = psycopg.AsyncConnection[DictRow].connect
            self._db = await connect(self._url, autocommit=True, row_factory=dict_row)
            await self._own(self._db)
        return self._db

    async def _own(self, db: psycopg.AsyncConnection[DictRow]) -> None:
        await db.execute(LOCK)
        (row,) = await (await db.execute(TAKE_OVER)).fetchall()
        if self._epoch not in (None, row["epoch"] - 1):
            raise LostOwnership("another process has run the workflows meanwhile")
        self._epoch = row["epoch"]
