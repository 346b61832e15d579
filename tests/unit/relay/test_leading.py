"""One relay is active; another one takes over within seconds."""

import asyncio
from datetime import timedelta

from chaingraph.ids import Epoch, WorkerId
from chaingraph.relay.leading import Leadership
from chaingraph.relay.limits import Limits
from chaingraph.relay.meter import Meter
from chaingraph.relay.notices import Notice
from chaingraph.relay.relay import Relay
from tests.fakes.store import FakeStore
from tests.unit.relay.trial import a_world, log_of, now, store_of, subscription, until, write
from tests.unit.relay.viewers import Sockets
from tests.unit.relay.virtual_time import run

LEASE_MS = 6_000


def test_only_one_of_two_is_active() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        one, other = candidate(fake, sockets, "one"), candidate(fake, sockets, "other")
        running = [asyncio.create_task(each.run()) for each in (one, other)]
        await asyncio.sleep(60)

        assert [each.relay is not None for each in (one, other)] == [True, False]
        await ended(running)

    run(trial())


def test_a_relay_that_died_is_replaced_when_its_lease_is_over() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        one, other = candidate(fake, sockets, "one"), candidate(fake, sockets, "other")
        dying = asyncio.create_task(one.run())
        await until(lambda: one.relay is not None)
        standing_by = asyncio.create_task(other.run())
        await asyncio.sleep(30)
        await ended([dying])
        fake.world.clock.advance(timedelta(milliseconds=LEASE_MS))
        viewer = await sockets.watch(subscription())
        write(fake, log_of(10))
        await viewer.is_done.wait()

        assert viewer.received == list(range(-1, 10))
        await ended([standing_by])

    run(trial())


def test_a_relay_that_leaves_is_replaced_within_a_second() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        one, other = candidate(fake, sockets, "one"), candidate(fake, sockets, "other")
        leaving = asyncio.create_task(one.run())
        await until(lambda: one.relay is not None)
        standing_by = asyncio.create_task(other.run())
        viewer = await sockets.watch(subscription())
        await viewer.got.wait()
        began = now()
        one.leave()
        await leaving
        await until(lambda: other.relay is not None)

        assert now() - began < 1
        assert not sockets.closed
        await ended([standing_by])

    run(trial())


def test_one_that_stands_by_may_leave() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        one, other = candidate(fake, sockets, "one"), candidate(fake, sockets, "other")
        active = asyncio.create_task(one.run())
        await until(lambda: one.relay is not None)
        standing_by = asyncio.create_task(other.run())
        await asyncio.sleep(3)
        other.leave()
        await standing_by

        assert other.relay is None
        await ended([active])

    run(trial())


def candidate(fake: FakeStore, sockets: Sockets, name: str) -> Leadership:
    notices: list[Notice] = []

    def relay_of(epoch: Epoch) -> Relay:
        return Relay(
            epoch,
            store=store_of(fake),
            posts=sockets,
            limits=Limits(),
            meter=Meter(lambda: 0),
            on_notice=notices.append,
        )

    return Leadership(
        WorkerId(name),
        lease=fake.relay_lease,
        lease_ms=LEASE_MS,
        relay_of=relay_of,
        on_notice=notices.append,
    )


async def ended(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
