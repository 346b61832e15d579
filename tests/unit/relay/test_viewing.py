"""What a viewer gets."""

import asyncio

import pytest

from chaingraph.execution.events import EventType
from chaingraph.subscriptions import Snapshot
from tests.unit.relay.trial import (
    EXECUTION,
    a_world,
    log_of,
    logs_of_size,
    now,
    recorded,
    running,
    subscription,
    until,
    value_in,
    with_value,
    write,
)
from tests.unit.relay.virtual_time import run


@pytest.mark.parametrize("snapshot", Snapshot)
def test_a_viewer_gets_what_was_before_and_what_comes_and_the_end(snapshot: Snapshot) -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        log = log_of(300)
        write(fake, log[:200])
        async with running(fake, sockets):
            viewer = await sockets.watch(subscription(snapshot=snapshot))
            await until(lambda: len(viewer.received) == 201)
            write(fake, log[200:])
            await viewer.is_done.wait()

        assert viewer.received == list(range(-1, 300))
        assert not fake.world.subscriptions

    run(trial())


def test_a_full_snapshot_shows_the_node_as_it_was_at_each_event() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        write(fake, log_of(10))
        async with running(fake, sockets):
            viewer = await sockets.watch(
                subscription(snapshot=Snapshot.FULL, types=[EventType.NODE_COMPLETED], cursor=3)
            )
            await viewer.is_done.wait()

        nodes = [event["data"]["json"]["node"] for event in viewer.events]
        assert [node["ports"][0]["value"] for node in nodes] == [4, 6, 8]

    run(trial())


def test_what_a_filter_takes_out_counts_as_consumed() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        write(fake, log_of(8, final=None))
        async with running(fake, sockets):
            viewer = await sockets.watch(subscription(types=[EventType.FLOW_STARTED], batch_timeout_ms=25))
            await until(lambda: bool(viewer.received))

        assert viewer.received == [0]
        assert viewer.last_event_id == 7

    run(trial())


@pytest.mark.parametrize("cursor", [9, 10, 1_000])
def test_a_viewer_that_has_everything_is_told_that_it_is_over(cursor: int) -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        write(fake, log_of(10))
        async with running(fake, sockets):
            viewer = await sockets.watch(subscription(cursor=cursor))
            await viewer.is_done.wait()

        assert viewer.received == []

    run(trial())


def test_a_viewer_ahead_of_the_log_is_told_when_it_is_over() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        async with running(fake, sockets):
            viewer = await sockets.watch(subscription(cursor=1_000))
            await viewer.got.wait()
            write(fake, log_of(10))
            await viewer.is_done.wait()

        assert viewer.received == []

    run(trial())


def test_a_batch_waits_for_its_size_or_its_time() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        log = log_of(8, final=None)
        async with running(fake, sockets):
            viewer = await sockets.watch(subscription(batch_size=3, batch_timeout_ms=25, cursor=-1))
            for event in log:
                write(fake, [event])
                await asyncio.sleep(0.01)
            await until(lambda: len(viewer.received) == 8)

        assert viewer.batches == [[0, 1, 2], [3, 4, 5], [6, 7]]

    run(trial())


def test_a_full_batch_of_a_replay_does_not_wait() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        write(fake, log_of(50, final=None))
        async with running(fake, sockets):
            viewer = await sockets.watch(subscription(batch_size=10, batch_timeout_ms=1000))
            began = now()
            await until(lambda: len(viewer.received) == 50)

            assert now() - began < 0.1

    run(trial())


def test_the_last_event_does_not_wait() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        async with running(fake, sockets):
            viewer = await sockets.watch(subscription(batch_timeout_ms=1000))
            await viewer.got.wait()
            began = now()
            write(fake, log_of(5))
            await viewer.is_done.wait()

            assert now() - began < 0.1
            assert viewer.batches == [[-1, 0, 1, 2, 3, 4]]

    run(trial())


def test_messages_aim_at_a_size() -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        sizes: list[int] = []
        sockets.fate = recorded(sizes)
        write(fake, [*logs_of_size(40, each=5_000), *log_of(42)[41:]])
        async with running(fake, sockets):
            viewer = await sockets.watch(subscription())
            await viewer.is_done.wait()

        assert viewer.received == list(range(-1, 42))
        assert max(sizes) <= 32_768
        assert len(sizes) <= 10

    run(trial())


@pytest.mark.parametrize("snapshot", Snapshot)
def test_an_event_that_fits_travels_as_it_is_and_a_larger_one_by_reference(snapshot: Snapshot) -> None:
    async def trial() -> None:
        fake, sockets = await a_world()
        sizes: list[int] = []
        sockets.fate = recorded(sizes)
        values = {2: "x" * 100_000, 4: "x" * 130_000}
        write(fake, [with_value(event, values.get(event.index)) for event in log_of(7)])
        async with running(fake, sockets):
            viewer = await sockets.watch(subscription(snapshot=snapshot))
            await viewer.is_done.wait()

        assert viewer.received == list(range(-1, 7))
        assert [value_in(viewer.events[index + 1]) for index in (2, 4)] == [
            "x" * 100_000,
            f"/v1/executions/{EXECUTION}/events?after=3&limit=1",
        ]
        assert max(sizes) < 128 * 1024

    run(trial())
