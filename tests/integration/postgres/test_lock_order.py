"""Two statements that each lock several rows wait for each other in one order, and never in a circle."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from chaingraph.errors import WrongStatus
from chaingraph.execution.status import Status
from chaingraph.ids import NodeId
from tests.contract.builders import LEASE_MS, ROOT, batch, claim_running, ending
from tests.contract.stores import Store

pytestmark = pytest.mark.anyio

LOCK = "select from chaingraph.progress for update"
WAITERS = """
select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
"""


@pytest.fixture
async def first(database_url: str) -> AsyncIterator[psycopg.AsyncConnection]:
    """Holds the row's lock: whoever comes now queues behind it."""
    async with await psycopg.AsyncConnection.connect(database_url) as session:
        yield session


async def waiting(count: int, observer: psycopg.AsyncConnection) -> None:
    while (await (await observer.execute(WAITERS)).fetchone()) != (count,):  # noqa: ASYNC110 - a lock is no event
        await asyncio.sleep(0.005)


async def test_a_breakpoint_that_meets_the_end_of_its_execution_is_refused(
    store: Store, first: psycopg.AsyncConnection, outside: psycopg.AsyncConnection
) -> None:
    claimed = await claim_running(store)
    await first.execute(LOCK)
    end = batch(1, end=ending(Status.COMPLETED))

    closing = asyncio.create_task(store.runs.commit(claimed, end, lease_ms=LEASE_MS))
    await waiting(1, outside)
    setting = asyncio.create_task(store.executions.set_breakpoint(ROOT, NodeId("n")))
    await waiting(2, outside)
    await first.commit()

    assert (await closing).landed
    with pytest.raises(WrongStatus):
        await setting
