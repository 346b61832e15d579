"""Sessions break; the store says so once, and goes on with new ones."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from chaingraph.errors import Rejected, Unavailable
from chaingraph.ids import EventIndex, ExecutionId
from chaingraph.interfaces import EventsWakeUp, Reconnected
from chaingraph.postgres.database import Database
from tests.contract.builders import LEASE_MS, ROOT, batch, claim_running, create, indexes, new_root
from tests.contract.stores import Store, in_postgres

pytestmark = pytest.mark.anyio

END_THE_OTHERS = """
select pg_terminate_backend(pid, 5000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
"""

WAITERS = """
select pid from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock' and query like '%progress%'
"""

LISTENERS = """
select pid from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and query ilike 'listen%'
"""

END = "select pg_terminate_backend(%s, 5000)"


@asynccontextmanager
async def locked_row(url: str) -> AsyncGenerator[None]:
    async with await psycopg.AsyncConnection.connect(url) as blocking:
        await blocking.execute("select from chaingraph.progress for update")
        yield


async def waiters(outside: psycopg.AsyncConnection, count: int) -> list[int]:
    """The sessions that wait for the row, as soon as there are so many."""
    found: list[int] = []
    while len(found) < count:
        found = [row[0] for row in await (await outside.execute(WAITERS)).fetchall()]
    return found


async def listeners(outside: psycopg.AsyncConnection) -> list[tuple[object, ...]]:
    return await (await outside.execute(LISTENERS)).fetchall()


async def test_a_session_that_ended_while_idle_is_replaced_unnoticed(
    store: Store, outside: psycopg.AsyncConnection
) -> None:
    await create(store)

    await outside.execute(END_THE_OTHERS)

    assert (await store.executions.read(ROOT)).id == ROOT


async def test_a_session_with_a_server_that_does_not_write_any_more_is_replaced(
    store: Store, database_url: str, outside: psycopg.AsyncConnection
) -> None:
    name = conninfo_to_dict(database_url)["dbname"]
    setting = sql.Identifier(str(name)), sql.Identifier("default_transaction_read_only")
    await outside.execute(sql.SQL("alter database {} set {} = on").format(*setting))
    for _ in range(2):
        with pytest.raises(Unavailable):
            await create(store)

    await outside.execute(sql.SQL("alter database {} reset {}").format(*setting))
    await create(store)

    assert await indexes(store) == [-1]


async def test_a_session_that_ends_while_a_statement_runs_is_unavailable(
    store: Store, database_url: str, outside: psycopg.AsyncConnection
) -> None:
    claimed = await claim_running(store)
    async with locked_row(database_url):
        committing = asyncio.create_task(store.runs.commit(claimed, batch(2), lease_ms=LEASE_MS))
        await outside.execute(END, await waiters(outside, 1))

        with pytest.raises(Unavailable):
            await committing

    assert await indexes(store) == [-1]
    assert (await store.runs.commit(claimed, batch(2), lease_ms=LEASE_MS)).landed


async def test_a_commit_repeated_while_the_first_still_waits_for_the_row_lands_once(
    store: Store, database_url: str, outside: psycopg.AsyncConnection
) -> None:
    claimed = await claim_running(store)
    async with locked_row(database_url):
        commits = [
            asyncio.create_task(store.runs.commit(claimed, batch(2), lease_ms=LEASE_MS)) for _ in range(2)
        ]
        await waiters(outside, len(commits))

    assert all(reply.landed for reply in await asyncio.gather(*commits))
    assert await indexes(store) == [-1, 0, 1]


async def test_a_statement_that_was_cancelled_does_not_spoil_the_next_one(
    store: Store, database_url: str, outside: psycopg.AsyncConnection
) -> None:
    claimed = await claim_running(store)
    async with locked_row(database_url):
        committing = asyncio.create_task(store.runs.commit(claimed, batch(2), lease_ms=LEASE_MS))
        await waiters(outside, 1)
        committing.cancel()
        await asyncio.wait([committing])

    assert (await store.runs.commit(claimed, batch(1), lease_ms=LEASE_MS)).landed
    assert await indexes(store) == [-1, 0]


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/nowhere")

    with pytest.raises(Unavailable):
        await in_postgres("", database).executions.read(ROOT)


async def test_a_text_that_cannot_be_stored_is_refused(store: Store) -> None:
    with pytest.raises(Rejected):
        await create(store, new_root("a\0b"))
    with pytest.raises(Rejected):
        await store.executions.read(ExecutionId("\ud800"))


async def test_without_prepared_statements_everything_works(database_url: str) -> None:
    database = Database(database_url, prepare_after=None, sessions=1)
    store = in_postgres(database_url, database)
    claimed = await claim_running(store)

    for first in range(10):
        await store.runs.commit(claimed, batch(1, first=first), lease_ms=LEASE_MS)

    assert await indexes(store) == list(range(-1, 10))
    await database.close()


async def test_a_listener_that_was_cut_off_says_so_and_listens_again(
    store: Store, outside: psycopg.AsyncConnection
) -> None:
    async with aclosing(store.wake_ups.listen()) as heard:
        assert await anext(heard) == Reconnected()
        await outside.execute(END_THE_OTHERS)

        assert await anext(heard) == Reconnected()
        await store.runs.notify(ROOT, EventIndex(3))
        assert await anext(heard) == EventsWakeUp(ROOT, EventIndex(3))


async def test_an_ended_listener_leaves_no_session(
    store: Store, database: Database, outside: psycopg.AsyncConnection
) -> None:
    async with aclosing(store.wake_ups.listen()) as heard:
        await anext(heard)
        assert len(await listeners(outside)) == 1
    await database.close()

    # The server takes its time to see that a client has left.
    while await listeners(outside):
        pass
