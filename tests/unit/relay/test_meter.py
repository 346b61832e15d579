"""How late events are, and how many messages there were."""

import asyncio

from chaingraph.execution.events import Event
from chaingraph.interfaces import PostOutcome
from chaingraph.relay.meter import Meter
from tests.unit.relay.trial import (
    a_world,
    commit,
    log_of,
    now_ms,
    one_after_the_other,
    running,
    subscription,
    until,
    write,
)
from tests.unit.relay.viewers import Fate
from tests.unit.relay.virtual_time import run


def just_now(events: list[Event]) -> list[Event]:
    return [event._replace(at_ms=now_ms()) for event in events]


def test_an_event_is_as_late_as_its_wake_up() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        async with running(fake, sockets) as relay:
            viewer = await sockets.watch(subscription())
            await until(lambda: viewer.received == [-1])
            relay.meter.take()
            await asyncio.sleep(0.75)
            commit(fake, just_now(log_of(1, final=None)))
            await until(lambda: viewer.received == [-1, 0])
            (lag_ms,) = relay.meter.take().lags_ms

            assert 0 < lag_ms <= 1_000

    run(trial())


def test_what_was_written_before_somebody_watched_is_not_late() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        await asyncio.sleep(60)
        write(fake, just_now(log_of(10)))
        await asyncio.sleep(60)
        async with running(fake, sockets) as relay:
            viewer = await sockets.watch(subscription())
            await viewer.is_done.wait()

            assert relay.meter.take().lags_ms == []

    run(trial())


def test_the_wait_for_a_large_batch_was_asked_for() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        async with running(fake, sockets) as relay:
            viewer = await sockets.watch(subscription(batch_timeout_ms=5_000))
            await until(lambda: viewer.received == [-1])
            relay.meter.take()
            write(fake, just_now(log_of(1, final=None)))
            await until(lambda: viewer.received == [-1, 0])
            (lag_ms,) = relay.meter.take().lags_ms

            assert lag_ms < 100

    run(trial())


def test_the_wait_after_a_refusal_counts() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        async with running(fake, sockets) as relay:
            viewer = await sockets.watch(subscription())
            await until(lambda: viewer.received == [-1])
            relay.meter.take()
            sockets.fate = one_after_the_other(*[Fate.THROTTLED] * 4)
            write(fake, just_now(log_of(1, final=None)))
            await until(lambda: viewer.received == [-1, 0])
            measured = relay.meter.take()

        (lag_ms,) = measured.lags_ms
        assert lag_ms >= 50 + 100 + 200 + 400
        assert measured.posts == {PostOutcome.THROTTLED: 4, PostOutcome.POSTED: 1}

    run(trial())


def test_what_another_relay_left_is_late_since_it_was_written() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        async with running(fake, sockets) as first:
            viewer = await sockets.watch(subscription())
            await until(lambda: viewer.received == [-1])
            await first.leave()
        write(fake, just_now(log_of(1, final=None)))
        await asyncio.sleep(3)
        async with running(fake, sockets) as relay:
            await until(lambda: viewer.received == [-1, 0])
            (lag_ms,) = relay.meter.take().lags_ms

            assert lag_ms >= 3_000

    run(trial())


def test_everything_is_counted_once() -> None:
    meter = Meter(lambda: 1_000)
    meter.posted(PostOutcome.GONE)
    meter.delivered(900, asked_ms=0)
    meter.delivered(2_000, asked_ms=0)
    first, second = meter.take(), meter.take()

    assert (first.posts, first.lags_ms) == ({PostOutcome.GONE: 1}, [100, 0])
    assert (second.posts, second.lags_ms) == ({}, [])
