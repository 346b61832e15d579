"""One relay after the other."""

import asyncio

from chaingraph.errors import Conflict
from chaingraph.ids import WorkerId
from chaingraph.relay.limits import Limits
from chaingraph.relay.notices import HandedOver
from tests.unit.relay.trial import (
    LEASE_MS,
    a_world,
    log_of,
    now,
    running,
    start,
    subscription,
    until,
    write,
)
from tests.unit.relay.virtual_time import run


def test_after_a_crash_every_connection_is_closed_and_every_viewer_comes_back() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        log = log_of(20)
        first = await start(fake, sockets)
        viewers = [await sockets.watch(subscription()) for _ in range(30)]
        write(fake, log[:10])
        await until(lambda: all(viewer.received[-1:] == [9] for viewer in viewers))
        await first.kill()
        write(fake, log[10:])
        async with running(fake, sockets):
            await asyncio.gather(*(viewer.is_done.wait() for viewer in viewers))

        assert all(viewer.received == list(range(-1, 20)) for viewer in viewers)
        assert len(sockets.closed) == 30

    run(trial())


def test_connections_are_not_closed_faster_than_their_clients_may_come_back() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        first = await start(fake, sockets)
        viewers = [await sockets.watch(subscription()) for _ in range(100)]
        await until(lambda: all(viewer.received for viewer in viewers))
        await first.kill()
        began = now()
        async with running(fake, sockets, limits=Limits(closes_per_second=20)):
            await until(lambda: len(sockets.closed) == 100)

            assert now() - began >= 4

    run(trial())


def test_a_planned_change_of_relays_closes_nothing() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        sockets.pause = lambda: 0.5
        log = log_of(40)
        write(fake, log[:20])
        first = await start(fake, sockets)
        viewers = [await sockets.watch(subscription(batch_size=each)) for each in (1, 2, 100)]
        await asyncio.sleep(3)
        await first.leave()
        write(fake, log[20:])
        async with running(fake, sockets):
            await asyncio.gather(*(viewer.is_done.wait() for viewer in viewers))

        assert all(viewer.received == list(range(-1, 40)) for viewer in viewers)
        assert not sockets.closed
        assert HandedOver(3) in first.notices

    run(trial())


def test_a_relay_that_is_not_the_active_one_any_more_takes_nothing() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        old = await start(fake, sockets)
        await asyncio.sleep(1)
        await fake.relay_lease.take(WorkerId("relay"), lease_ms=LEASE_MS)
        viewer = await sockets.watch(subscription())

        assert await old.failure() is Conflict
        assert not viewer.got.is_set()

    run(trial())
