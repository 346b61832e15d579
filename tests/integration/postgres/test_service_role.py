"""What the role of functions and relay may do in the database, and what it may not."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from psycopg.sql import SQL, Identifier

from chaingraph.ids import EventIndex
from chaingraph.postgres.database import Database
from chaingraph.postgres.service_role import grant_service
from tests.contract.builders import LEASE_MS, ROOT, batch, claim, create
from tests.contract.stores import in_postgres

pytestmark = pytest.mark.anyio

WITHOUT = """
select relname from pg_class
where relnamespace = 'chaingraph'::regnamespace and relname <> 'migrations' and case relkind
    when 'r' then not has_table_privilege(%(role)s, oid, 'select')
        or not has_table_privilege(%(role)s, oid, 'insert')
        or not has_table_privilege(%(role)s, oid, 'update')
        or not has_table_privilege(%(role)s, oid, 'delete')
    when 'S' then not has_sequence_privilege(%(role)s, oid, 'usage')
    else false end
union all
select proname from pg_proc
where pronamespace = 'chaingraph'::regnamespace and not has_function_privilege(%(role)s, oid, 'execute')
"""

FORBIDDEN = (
    "create table chaingraph.mine (id text)",
    "drop table chaingraph.events",
    "delete from chaingraph.migrations",
    "create role another",
)


async def test_the_role_may_use_whatever_the_migrations_made(database_url: str) -> None:
    async with role_of(database_url) as role, session_of(database_url) as administrator:
        missing = await administrator.execute(WITHOUT, {"role": role})

        assert await missing.fetchall() == []


async def test_an_execution_is_created_run_and_watched_by_the_role(database_url: str) -> None:
    async with role_of(database_url) as role:
        url = signed_in_as(role, database_url)
        database = Database(url)
        store = in_postgres(url, database)
        await create(store)
        claimed = await claim(store)
        await store.runs.commit(claimed, batch(1, first=0), lease_ms=LEASE_MS)
        events = await store.event_log.read(ROOT, after=EventIndex(-2), limit=10)
        await database.close()

    assert [event.index for event in events] == [-1, 0]


@pytest.mark.parametrize("query", FORBIDDEN)
async def test_the_role_changes_no_schema(query: str, database_url: str) -> None:
    async with role_of(database_url) as role, session_of(signed_in_as(role, database_url)) as session:
        with pytest.raises(InsufficientPrivilege):
            await session.execute(query.encode())


async def test_it_is_granted_again_after_every_migration(database_url: str) -> None:
    async with role_of(database_url) as role:
        async with session_of(database_url) as administrator:
            await administrator.execute("create table chaingraph.added (id text)")
        await grant_service(database_url, role)

        async with session_of(signed_in_as(role, database_url)) as session:
            await session.execute("insert into chaingraph.added values ('x')")


@asynccontextmanager
async def role_of(database_url: str) -> AsyncGenerator[str]:
    """Roles belong to the whole server: this one goes when the test is over."""
    role = f"service_{uuid4().hex}"
    await grant_service(database_url, role)
    try:
        yield role
    finally:
        async with session_of(database_url) as session:
            await session.execute(SQL("drop owned by {}").format(Identifier(role)))
            await session.execute(SQL("drop role {}").format(Identifier(role)))


@asynccontextmanager
async def session_of(url: str) -> AsyncGenerator[psycopg.AsyncConnection]:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as session:
        yield session


def signed_in_as(role: str, database_url: str) -> str:
    parts = urlsplit(database_url)
    return parts._replace(netloc=f"{role}@{parts.netloc.rpartition('@')[2]}").geturl()
