"""Slots when transactions meet: no limit is passed, and nobody in line is forgotten."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from chaingraph.execution.commits import Claim
from chaingraph.execution.slots import InLine, SlotLimits
from chaingraph.ids import ExecutionId, WorkerId
from chaingraph.postgres.database import Database
from tests.contract.builders import LEASE_MS, RUN, batch, create_running, ending
from tests.contract.stores import Store, in_postgres

pytestmark = pytest.mark.anyio

ONE = SlotLimits(in_all=1, of_owner=1)

Session = psycopg.AsyncConnection

WAITERS = """
select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
"""


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    database = Database(database_url, sessions=16)
    yield in_postgres(database_url, database)
    await database.close()


@pytest.fixture
async def session(database_url: str) -> AsyncIterator[Session]:
    async with await Session.connect(database_url) as opened:
        yield opened


async def claim(
    store: Store, name: str, limits: SlotLimits, lease_ms: int = LEASE_MS
) -> Claim | InLine | None:
    return await store.runs.claim(
        ExecutionId(name), workflow_run=RUN, worker_id=WorkerId("one"), lease_ms=lease_ms, slots=limits
    )


async def done_or_waiting(task: asyncio.Task[object], url: str) -> None:
    """Return when the task waits for a lock, or is done."""
    async with await Session.connect(url, autocommit=True) as observer:
        while not task.done():
            found = await (await observer.execute(WAITERS)).fetchone()
            if found and found[0]:
                return
            await asyncio.sleep(0.005)


async def test_who_gives_a_slot_back_sees_who_joins_the_line_at_this_moment(
    store: Store, session: Session, database_url: str
) -> None:
    for name in "ab":
        await create_running(store, name)
    held = await claim(store, "a", ONE)
    assert isinstance(held, Claim)
    await session.execute("select chaingraph.take_slot('b', 'alice', 1, 1, 1)")

    ending_it = asyncio.create_task(store.runs.commit(held, batch(1, end=ending()), lease_ms=LEASE_MS))
    await done_or_waiting(ending_it, database_url)
    await session.commit()

    assert (await ending_it).has_freed_slot


async def test_who_asks_while_a_slot_is_given_back_gets_it(
    store: Store, session: Session, database_url: str
) -> None:
    for name in "ab":
        await create_running(store, name)
    await claim(store, "a", ONE)
    await session.execute("select chaingraph.free_slot('a')")

    asking = asyncio.create_task(claim(store, "b", ONE))
    await done_or_waiting(asking, database_url)
    await session.commit()

    assert isinstance(await asking, Claim)


async def test_a_slot_that_a_successor_takes_over_at_this_moment_is_not_cleared(
    store: Store, session: Session, database_url: str
) -> None:
    for name in "ab":
        await create_running(store, name)
    await claim(store, "a", ONE)
    await claim(store, "b", ONE)
    await session.execute("update chaingraph.progress set lease_expires_at = now() where execution_id = 'a'")
    await session.commit()
    await session.execute("update chaingraph.slots set epoch = 2 where execution_id = 'a'")
    await session.execute(
        "update chaingraph.progress set epoch = 2, lease_expires_at = now() + interval '1 minute'"
        " where execution_id = 'a'"
    )

    asking = asyncio.create_task(claim(store, "b", ONE))
    await done_or_waiting(asking, database_url)
    await session.commit()

    assert await asking == InLine()


async def test_many_claims_at_once_pass_no_limit(store: Store) -> None:
    names = [f"execution-{number}" for number in range(24)]
    for name in names:
        await create_running(store, name)

    for round_ in range(3):
        found = await asyncio.gather(*(claim(store, name, SlotLimits(7, 5)) for name in names))
        claims = [each for each in found if isinstance(each, Claim)]
        assert len(claims) == 5
        for each in claims:
            last = batch(1, first=(await store.runs.load(each)).execution.next_index, end=ending(None))
            assert (await store.runs.commit(each, last, lease_ms=LEASE_MS)).landed, round_
        await store.queue.call_next(SlotLimits(7, 5))
