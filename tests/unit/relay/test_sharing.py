"""One log and many viewers; wake-ups that are lost."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

from chaingraph.ids import ExecutionId, RequestId
from chaingraph.relay.limits import Limits
from chaingraph.relay.notices import ReadFailed
from chaingraph.subscriptions import Snapshot
from tests.unit.relay.trial import (
    CountedReads,
    a_world,
    commit,
    create,
    log_of,
    now,
    running,
    store_of,
    subscription,
    until,
    write,
)
from tests.unit.relay.viewers import Viewer
from tests.unit.relay.virtual_time import run


def test_viewers_share_one_read_for_each_wake_up() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        log = log_of(40, final=None)
        reads = CountedReads(fake)
        async with running(fake, sockets, store=replace(store_of(fake), events=reads)):
            viewers = [await sockets.watch(subscription(snapshot=each)) for each in [*Snapshot] * 10]
            await until(lambda: all(viewer.received == [-1] for viewer in viewers))
            before = reads.count
            for event in log:
                write(fake, [event])
                write(fake, [])
                await until(partial(have_all_received, viewers, event.index))

        assert reads.count - before == len(log)

    run(trial())


def test_an_execution_that_nobody_watches_is_not_read() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        other = ExecutionId("other")
        await create(fake, other)
        reads = CountedReads(fake)
        async with running(fake, sockets, store=replace(store_of(fake), events=reads)):
            viewer = await sockets.watch(subscription(other))
            await viewer.got.wait()
            write(fake, log_of(40))
            await asyncio.sleep(10)

        assert reads.executions == {other}

    run(trial())


def test_a_slow_viewer_takes_no_memory_and_no_time_of_the_others() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        log = log_of(5_000)
        limits = Limits(feed_bytes=100_000)
        async with running(fake, sockets, limits=limits) as relay:
            fast = await sockets.watch(subscription(snapshot=Snapshot.FULL))
            slow = await sockets.watch(
                replace(subscription(snapshot=Snapshot.FULL), request_id=RequestId("8"))
            )
            sockets.pause_of = five_seconds_for_request_8
            for first, last in pairwise(range(0, 5_001, 100)):
                write(fake, log[first:last])
                await asyncio.sleep(0.05)
            await fast.is_done.wait()

            assert len(slow.received) < 500
            assert relay.relay.report().memory_bytes < 2 * limits.feed_bytes
            await slow.is_done.wait()
            assert slow.received == fast.received == list(range(-1, 5_000))

    run(trial())


def test_events_are_found_within_a_second_when_no_wake_up_comes() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        async with running(fake, sockets):
            viewer = await sockets.watch(subscription())
            await until(lambda: viewer.received == [-1])
            began = now()
            commit(fake, log_of(10))
            await viewer.is_done.wait()

            assert now() - began <= 1.1

    run(trial())


def test_a_subscription_is_found_within_a_second_when_no_wake_up_comes() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        async with running(fake, sockets):
            await asyncio.sleep(5)
            began = now()
            viewer = await sockets.watch(subscription())
            fake.wake_ups.interrupt()
            await viewer.got.wait()

            assert now() - began <= 1.1

    run(trial())


def test_a_database_that_does_not_answer_delays_and_loses_nothing() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        reads = CountedReads(fake)
        async with running(fake, sockets, store=replace(store_of(fake), events=reads)) as relay:
            viewer = await sockets.watch(subscription())
            await until(lambda: viewer.received == [-1])
            reads.is_available = False
            write(fake, log_of(10))
            await asyncio.sleep(5)
            reads.is_available = True
            await viewer.is_done.wait()

        assert viewer.received == list(range(-1, 10))
        assert any(isinstance(notice, ReadFailed) for notice in relay.notices)

    run(trial())


def five_seconds_for_request_8(message: bytes) -> float:
    return 5.0 if message.startswith(b'{"id":8') else 0.001


def have_all_received(viewers: Sequence[Viewer], index: int) -> bool:
    return all(viewer.received[-1] == index for viewer in viewers)
