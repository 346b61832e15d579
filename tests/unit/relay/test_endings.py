"""How subscriptions end."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from chaingraph.execution.events import Event, EventType
from chaingraph.ids import EventIndex, ExecutionId, RequestId
from chaingraph.relay.limits import Limits
from chaingraph.relay.notices import ConnectionClosed, DeliveryFailed
from chaingraph.subscriptions import Snapshot
from tests.unit.relay.trial import (
    EXECUTION,
    a_world,
    create,
    log_of,
    one_after_the_other,
    running,
    subscription,
    until,
    write,
)
from tests.unit.relay.viewers import Fate
from tests.unit.relay.virtual_time import run


def test_an_unsubscribed_viewer_is_told_and_its_row_removed() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        async with running(fake, sockets):
            viewer = await sockets.watch(subscription())
            await until(lambda: viewer.received == [-1])
            ((connection_id, request_id),) = fake.world.subscriptions
            await fake.subscriptions.stop(connection_id, request_id)
            await viewer.is_done.wait()
            await asyncio.sleep(0)

        assert not fake.world.subscriptions
        assert fake.world.connections

    run(trial())


def test_a_connection_that_is_gone_is_forgotten() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        async with running(fake, sockets) as relay:
            viewer = await sockets.watch(subscription())
            await until(lambda: viewer.received == [-1])
            sockets.forget(viewer)
            write(fake, log_of(3, final=None))
            await until(lambda: not fake.world.connections)

            assert relay.relay.report().subscriptions == 0

    run(trial())


def test_a_viewer_that_leaves_costs_nothing_more() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        async with running(fake, sockets) as relay:
            viewer = await sockets.watch(subscription())
            await until(lambda: viewer.received == [-1])
            (connection_id,) = fake.world.connections
            await fake.connections.remove(connection_id)
            await asyncio.sleep(0.1)

            assert relay.relay.report().subscriptions == 0
            posts = sockets.posts
            write(fake, log_of(10))
            await asyncio.sleep(5)
            assert sockets.posts == posts

    run(trial())


def test_when_several_connections_are_refused_all_are_served_at_a_lower_rate() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        write(fake, log_of(10))
        sockets.fate = one_after_the_other(*[Fate.THROTTLED] * 5)
        async with running(fake, sockets) as relay:
            viewers = [await sockets.watch(subscription()) for _ in range(3)]
            await asyncio.gather(*(viewer.is_done.wait() for viewer in viewers))

            assert [viewer.received for viewer in viewers] == [list(range(-1, 10))] * 3
            assert relay.relay.report().posts_per_second < Limits().posts_per_second
            assert not sockets.closed

    run(trial())


def test_a_connection_that_takes_nothing_slows_down_nobody_else() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        write(fake, log_of(10))
        sockets.fate = refusing(b'{"id":8,')
        async with running(fake, sockets) as relay:
            refused = await sockets.watch(replace(subscription(), request_id=RequestId("8")))
            await asyncio.sleep(60)
            posts = sockets.posts
            viewer = await sockets.watch(subscription())
            await viewer.is_done.wait()

            assert posts < 60
            assert refused.received == []
            assert relay.relay.report().posts_per_second == Limits().posts_per_second

    run(trial())


@pytest.mark.parametrize("fate", [Fate.LOST, Fate.DELIVERED_IN_SILENCE])
def test_a_message_whose_fate_is_unknown_is_not_repeated(fate: Fate) -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        write(fake, log_of(10))
        sockets.fate = one_after_the_other(Fate.DELIVERED, fate)
        async with running(fake, sockets) as relay:
            viewer = await sockets.watch(subscription(batch_size=3))
            await viewer.is_done.wait()

        assert viewer.received == list(range(-1, 10))
        assert len(sockets.closed) == 1
        assert any(isinstance(notice, ConnectionClosed) for notice in relay.notices)

    run(trial())


def test_an_unknown_execution_is_an_error_of_the_subscription() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        async with running(fake, sockets):
            viewer = await sockets.watch(subscription(ExecutionId("nobody")))
            await viewer.is_done.wait()

        assert viewer.error is not None
        assert viewer.error["data"]["code"] == "NOT_FOUND"

    run(trial())


@pytest.mark.parametrize("snapshot", Snapshot)
def test_events_that_were_deleted_are_an_error_of_the_subscription(snapshot: Snapshot) -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        write(fake, log_of(10))
        fake.world.records[EXECUTION].events.clear()
        async with running(fake, sockets):
            viewer = await sockets.watch(subscription(snapshot=snapshot))
            await viewer.is_done.wait()

        assert viewer.error is not None
        assert viewer.error["data"]["code"] == "NOT_FOUND"

    run(trial())


def test_a_log_that_does_not_fit_its_flow_ends_its_own_subscription_only() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        other = ExecutionId("other")
        await create(fake, other)
        broken = Event(EventIndex(1), EventType.NODE_COMPLETED, 1, b'{"nodeId":"nobody"}')
        write(fake, [log_of(1, final=None)[0], broken])
        write(fake, log_of(10), other)
        async with running(fake, sockets) as relay:
            misled = await sockets.watch(subscription(snapshot=Snapshot.FULL))
            fine = await sockets.watch(subscription(other, snapshot=Snapshot.FULL))
            await misled.is_done.wait()
            await fine.is_done.wait()

        assert misled.error
        assert fine.received == list(range(-1, 10))
        assert any(isinstance(notice, DeliveryFailed) for notice in relay.notices)

    run(trial())


def refusing(beginning: bytes) -> Callable[[bytes], Fate]:
    def fate(message: bytes) -> Fate:
        return Fate.THROTTLED if message.startswith(beginning) else Fate.DELIVERED

    return fate
