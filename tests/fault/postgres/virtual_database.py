"""A database whose clock is the event loop's, so that leases and sweeps need no waiting."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final, LiteralString, TypeVar

import psycopg
from psycopg.rows import AsyncRowFactory
from psycopg.sql import SQL, Identifier

from chaingraph.postgres.database import Database, Parameters
from chaingraph.testing.virtual_time import VirtualLoop
from tests.fault.virtual_clock import STARTS_AT, VirtualClock

Row = TypeVar("Row")

Contents = dict[str, list[tuple[object, ...]]]

# What the server does not know yet of the time that has passed.
COARSE_SECONDS: Final = 0.25

CLOCK: Final = """
create schema virtual;
create table virtual.clock (at timestamptz not null) with (fillfactor = 10);
insert into virtual.clock values (now());
create function virtual.now() returns timestamptz stable language sql as 'select at from virtual.clock';
"""

# Unqualified names are found here before those of the server; defaults have been bound to those already.
DEFAULTS: Final = """
do $$
declare
    given record;
begin
    for given in
        select d.adrelid::regclass as owner, a.attname as name,
            replace(pg_get_expr(d.adbin, d.adrelid), 'now()', 'virtual.now()') as value
        from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
        where pg_get_expr(d.adbin, d.adrelid) like '%now()%'
    loop
        execute format('alter table %s alter column %I set default %s', given.owner, given.name, given.value);
    end loop;
end $$
"""

SEARCH_PATH: Final = SQL("alter database {} set search_path = virtual, pg_catalog")
TABLES: Final = (
    "select tablename from pg_tables where schemaname = 'chaingraph' and tablename <> 'migrations'"
)
TELL_TIME: Final = "update virtual.clock set at = %(now)s"


def make_virtual(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(CLOCK)
        db.execute(DEFAULTS)
        db.execute(SEARCH_PATH.format(Identifier(db.info.dbname)))


def clear(url: str) -> None:
    """Empty every table; time begins again."""
    with psycopg.connect(url, autocommit=True) as db:
        tables = [Identifier("chaingraph", name) for (name,) in db.execute(TABLES)]
        db.execute(SQL("truncate {}").format(SQL(", ").join(tables)))
        db.execute(TELL_TIME, {"now": STARTS_AT})


def contents(url: str) -> Contents:
    """Every row of every table. A signal, which anybody may send at any time, changes nothing of them."""
    with psycopg.connect(url, autocommit=True) as db:
        names = sorted(name for (name,) in db.execute(TABLES))
        rows = SQL("select (to_jsonb(t) - 'signal_seq' - 'updated_at')::text from chaingraph.{} t order by 1")
        return {name: db.execute(rows.format(Identifier(name))).fetchall() for name in names}


class DatabaseLoop(VirtualLoop):
    @contextmanager
    def standing_still(self) -> Generator[None]:
        """No time passes while somebody waits for an answer that takes none."""
        self._virtual.threads += 1
        try:
            yield
        finally:
            self._virtual.threads -= 1


@contextmanager
def standing_still() -> Generator[None]:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, DatabaseLoop)
    with loop.standing_still():
        yield


class DatabaseClock:
    """Tells the server what time it is."""

    def __init__(self, url: str) -> None:
        self._database = Database(url, sessions=1)
        self._told = 0.0

    async def tell(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._told > COARSE_SECONDS:
            self._told = now
            await self._database.run(TELL_TIME, {"now": VirtualClock().now()})

    async def close(self) -> None:
        await self._database.close()


class VirtualDatabase(Database):
    """Its statements take no time."""

    def __init__(self, url: str, clock: DatabaseClock) -> None:
        super().__init__(url, sessions=24)
        self._clock = clock

    async def rows(
        self, query: LiteralString, parameters: Parameters, shape: AsyncRowFactory[Row]
    ) -> list[Row]:
        with standing_still():
            await self._clock.tell()
            return await super().rows(query, parameters, shape)

    async def row(
        self, query: LiteralString, parameters: Parameters, shape: AsyncRowFactory[Row]
    ) -> Row | None:
        with standing_still():
            await self._clock.tell()
            return await super().row(query, parameters, shape)

    async def run(self, query: LiteralString, parameters: Parameters) -> int:
        with standing_still():
            await self._clock.tell()
            return await super().run(query, parameters)
