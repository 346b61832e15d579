"""What only the tables show."""

import psycopg
import pytest

from chaingraph.execution.commits import Commit
from chaingraph.ids import EventIndex
from chaingraph.postgres.database import Database
from tests.contract.builders import (
    LEASE_MS,
    ROOT,
    RUN,
    batch,
    claim,
    claim_running,
    create_running,
    ending,
    events,
    finish,
    result,
)
from tests.contract.stores import Store, in_postgres

pytestmark = pytest.mark.anyio

UPDATES = """
select n_tup_upd::integer, n_tup_hot_upd::integer from pg_stat_user_tables
where schemaname = 'chaingraph' and relname = 'progress'
"""

RECOVERIES = "select reason, previous_status, previous_worker_id, worker_id from chaingraph.recoveries"


async def recoveries(outside: psycopg.AsyncConnection) -> list[tuple[object, ...]]:
    return await (await outside.execute(RECOVERIES)).fetchall()


async def test_a_commit_updates_its_row_in_place(database_url: str, outside: psycopg.AsyncConnection) -> None:
    """Heap-only (HOT): the new version is on the same page, and no index is touched."""
    database = Database(database_url, sessions=1)
    store = in_postgres(database_url, database)
    for name in ("a", "b", "c"):
        claimed = await claim_running(store, name)
        for first in range(100):
            commit = Commit(first=EventIndex(first), events=events(1, first=first), results=(result(),))
            await store.runs.commit(claimed, commit, lease_ms=LEASE_MS)
    await database.run("select pg_stat_force_next_flush()", {})

    counts = await (await outside.execute(UPDATES)).fetchone()

    assert counts is not None
    updated, in_place = counts
    assert updated == 306
    # A backend that just connects, to whatever database, keeps old versions on the page for a moment.
    assert in_place > 0.9 * updated
    await database.close()


async def test_a_takeover_is_on_record(store: Store, outside: psycopg.AsyncConnection) -> None:
    await create_running(store)
    await claim(store, worker="dead")

    await claim(store, worker="alive")

    assert await recoveries(outside) == [("lease-not-returned", "running", "dead", "alive")]


async def test_a_claim_after_a_slice_that_ended_is_no_takeover(
    store: Store, outside: psycopg.AsyncConnection
) -> None:
    claimed = await claim_running(store)
    await store.runs.commit(claimed, batch(1, end=ending(None)), lease_ms=LEASE_MS)

    await claim(store)

    assert await recoveries(outside) == []


async def test_a_slice_that_died_is_on_record(store: Store, outside: psycopg.AsyncConnection) -> None:
    await create_running(store)
    await claim(store, worker="dead")

    await store.runs.fail(ROOT, workflow_run=RUN, reason="Sandbox.Timedout", most=5)

    assert await recoveries(outside) == [("slice-died", "running", "dead", None)]


async def test_an_ended_execution_is_not_open(store: Store, outside: psycopg.AsyncConnection) -> None:
    await create_running(store)
    await finish(store)

    cursor = await outside.execute("select is_open from chaingraph.executions")
    assert await cursor.fetchall() == [(False,)]
