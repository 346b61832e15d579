import asyncio
from dataclasses import replace

import psycopg
import pytest

from chaingraph.errors import Conflict
from chaingraph.postgres.migrate import Migration, apply, migrate, migrations

pytestmark = pytest.mark.anyio

NAMES = [migration.name for migration in migrations()]
BROKEN = Migration("9999_broken.sql", b"create table chaingraph.half (id text); select 1 / 0;")


async def rows(url: str, query: str) -> list[str]:
    async with await psycopg.AsyncConnection.connect(url) as session:
        cursor = await session.execute(query.encode())
        return [row[0] for row in await cursor.fetchall()]


async def test_an_empty_database_gets_every_migration_in_order(empty_database_url: str) -> None:
    assert await migrate(empty_database_url) == NAMES
    assert await rows(empty_database_url, "select name from chaingraph.migrations order by name") == NAMES


async def test_a_migrated_database_gets_nothing(database_url: str) -> None:
    assert await migrate(database_url) == []


async def test_several_at_once_apply_every_migration_once(empty_database_url: str) -> None:
    applied = await asyncio.gather(*(migrate(empty_database_url) for _ in range(4)))

    assert sorted(name for names in applied for name in names) == NAMES


async def test_a_new_file_is_applied_to_a_migrated_database(database_url: str) -> None:
    added = Migration("9999_added.sql", b"create table chaingraph.added (id text); select 'a;b';")

    assert await apply([*migrations(), added], database_url) == [added.name]
    assert await rows(database_url, "select to_regclass('chaingraph.added')::text") == ["chaingraph.added"]


async def test_a_file_that_changed_after_it_was_applied_is_refused(database_url: str) -> None:
    first, *others = migrations()
    changed = replace(first, sql=first.sql + b"\n-- later thought")

    with pytest.raises(Conflict, match=first.name):
        await apply([changed, *others], database_url)


async def test_a_file_that_fails_leaves_nothing_behind(database_url: str) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        await apply([BROKEN], database_url)

    assert await rows(database_url, "select name from chaingraph.migrations order by name") == NAMES
    assert await rows(database_url, "select to_regclass('chaingraph.half')::text") == [None]
