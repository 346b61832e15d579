"""The relay on a real database, with real wake-ups; viewers stand for the platform."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psycopg
import pytest

from chaingraph.execution.commits import Claim, Commit
from chaingraph.execution.events import Event, EventType
from chaingraph.ids import Epoch, EventIndex, WorkerId
from chaingraph.interfaces import Posts
from chaingraph.relay.leading import Leadership
from chaingraph.relay.limits import Limits
from chaingraph.relay.meter import Meter
from chaingraph.relay.notices import Leading, Notice
from chaingraph.relay.relay import Relay
from chaingraph.relay.store import Store as RelayStore
from tests.contract.builders import LEASE_MS, ROOT, claim_running
from tests.contract.stores import Store
from tests.unit.relay.trial import subscription
from tests.unit.relay.viewers import Sockets, Viewer

pytestmark = pytest.mark.anyio

COUNT = 120


async def test_viewers_get_what_a_slice_writes(store: Store) -> None:
    claim = await claim_running(store)
    sockets = Sockets(store.connections, store.subscriptions)
    async with relay_on(store, sockets) as relay:
        viewers = [await sockets.watch(subscription(ROOT, batch_size=size)) for size in (1, 7, 100)]
        await write(store, claim)
        await asyncio.gather(*(viewer.is_done.wait() for viewer in viewers))
        await relay.leave()

    assert [viewer.received for viewer in viewers] == [list(range(-1, COUNT))] * 3
    assert await store.subscriptions.all() == []


async def test_a_listener_that_is_cut_off_loses_nothing(store: Store, database_url: str) -> None:
    claim = await claim_running(store)
    sockets = Sockets(store.connections, store.subscriptions)
    async with relay_on(store, sockets):
        viewer = await sockets.watch(subscription(ROOT))
        await viewer.got.wait()
        writing = asyncio.create_task(write(store, claim))
        await asyncio.to_thread(cut_off_listeners, database_url)
        await writing
        await viewer.is_done.wait()

    assert viewer.received == list(range(-1, COUNT))


async def test_after_a_crash_the_next_relay_closes_and_viewers_come_back(store: Store) -> None:
    claim = await claim_running(store)
    sockets = Sockets(store.connections, store.subscriptions)
    async with relay_on(store, sockets) as first:
        viewers = [await sockets.watch(subscription(ROOT)) for _ in range(10)]
        await asyncio.gather(*(viewer.got.wait() for viewer in viewers))
        writing = asyncio.create_task(write(store, claim))
        await received(viewers, 20)
        await first.kill()
    async with relay_on(store, sockets):
        await asyncio.gather(writing, *(viewer.is_done.wait() for viewer in viewers))

    assert [viewer.received for viewer in viewers] == [list(range(-1, COUNT))] * 10
    assert len(sockets.closed) == 10


async def test_a_planned_change_of_relays_closes_nothing(store: Store) -> None:
    claim = await claim_running(store)
    sockets = Sockets(store.connections, store.subscriptions)
    async with relay_on(store, sockets) as first:
        viewers = [await sockets.watch(subscription(ROOT, batch_size=size)) for size in (1, 2, 100)]
        writing = asyncio.create_task(write(store, claim))
        await received(viewers, 20)
        await first.leave()
    async with relay_on(store, sockets):
        await asyncio.gather(writing, *(viewer.is_done.wait() for viewer in viewers))

    assert [viewer.received for viewer in viewers] == [list(range(-1, COUNT))] * 3
    assert sockets.closed == []


async def test_an_unsubscribed_viewer_is_told(store: Store) -> None:
    await claim_running(store)
    sockets = Sockets(store.connections, store.subscriptions)
    async with relay_on(store, sockets):
        viewer = await sockets.watch(subscription(ROOT))
        await viewer.got.wait()
        (known,) = await store.subscriptions.all()
        await store.subscriptions.stop(known.connection_id, known.request_id)
        await viewer.is_done.wait()

    assert viewer.received in ([], [-1])


# ------------------------------------------------------------------ stage


@dataclass(frozen=True, slots=True)
class Running:
    leadership: Leadership
    task: asyncio.Task[None]

    async def kill(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])

    async def leave(self) -> None:
        self.leadership.leave()
        await self.task


@asynccontextmanager
async def relay_on(store: Store, posts: Posts) -> AsyncGenerator[Running]:
    """The active relay, whichever was before."""
    is_active = asyncio.Event()

    def hear(notice: Notice) -> None:
        if isinstance(notice, Leading):
            is_active.set()

    def relay_of(epoch: Epoch) -> Relay:
        meter, limits = Meter(lambda: 0), Limits()
        return Relay(epoch, store=part_of(store), posts=posts, limits=limits, meter=meter, on_notice=hear)

    leadership = Leadership(
        WorkerId("relay"), lease=store.relay_lease, lease_ms=LEASE_MS, relay_of=relay_of, on_notice=hear
    )
    running = Running(leadership, asyncio.create_task(leadership.run()))
    await is_active.wait()
    try:
        yield running
    finally:
        await running.kill()


def part_of(store: Store) -> RelayStore:
    return RelayStore(
        events=store.event_log,
        executions=store.executions,
        connections=store.connections,
        subscriptions=store.subscriptions,
        assignments=store.assignments,
        wake_ups=store.wake_ups,
    )


async def write(store: Store, claim: Claim) -> None:
    """One event a commit, each with its wake-up, up to the final one."""
    for index in range(COUNT):
        kind = EventType.FLOW_COMPLETED if index == COUNT - 1 else EventType.NODE_DEBUG_LOG
        event = Event(EventIndex(index), kind, index, b'{"nodeId":"n"}')
        await store.runs.commit(claim, Commit(EventIndex(index), (event,)), lease_ms=LEASE_MS)
        await store.runs.notify(ROOT, EventIndex(index))


async def received(viewers: list[Viewer], count: int) -> None:
    while any(len(viewer.received) < count for viewer in viewers):  # noqa: ASYNC110 — no event tells the count
        await asyncio.sleep(0.001)


def cut_off_listeners(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and query like 'listen%'"
        )
