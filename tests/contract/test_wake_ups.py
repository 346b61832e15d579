"""What every WakeUps must do, fake or real."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager

import pytest

from chaingraph.ids import ConnectionId, EventIndex, ExecutionId, RequestId
from chaingraph.interfaces import EventsWakeUp, Reconnected, SubscriptionWakeUp, WakeUp
from tests.contract.builders import connect, subscription
from tests.contract.stores import Store

pytestmark = pytest.mark.anyio

ID = ConnectionId("a:b=")


@asynccontextmanager
async def listening(store: Store) -> AsyncGenerator[AsyncGenerator[WakeUp]]:
    async with aclosing(store.wake_ups.listen()) as heard:
        assert await anext(heard) == Reconnected()
        yield heard


async def test_the_first_word_is_to_look_at_everything(store: Store) -> None:
    async with aclosing(store.wake_ups.listen()) as heard:
        assert await anext(heard) == Reconnected()


async def test_a_listener_hears_of_events(store: Store) -> None:
    async with listening(store) as heard:
        await store.runs.notify(ExecutionId("EX:1"), EventIndex(41))

        assert await anext(heard) == EventsWakeUp(ExecutionId("EX:1"), EventIndex(41))


async def test_a_listener_hears_of_subscriptions_that_come_and_go(store: Store) -> None:
    await connect(store, ID)
    async with listening(store) as heard:
        await store.subscriptions.add(subscription(ID))
        await store.subscriptions.stop(ID, RequestId("1"))
        await store.connections.remove(ID)

        assert [await anext(heard) for _ in range(3)] == [SubscriptionWakeUp(ID)] * 3


async def test_what_a_wake_up_tells_of_can_be_read(store: Store) -> None:
    await connect(store, ID)
    async with listening(store) as heard:
        adding = asyncio.create_task(store.subscriptions.add(subscription(ID)))
        await anext(heard)

        assert await store.subscriptions.all() == [subscription(ID)]
        await adding


async def test_every_listener_hears_it(store: Store) -> None:
    async with listening(store) as one, listening(store) as other:
        await store.runs.notify(ExecutionId("EX"), EventIndex(-1))

        for heard in (one, other):
            assert await anext(heard) == EventsWakeUp(ExecutionId("EX"), EventIndex(-1))


async def test_wake_ups_come_in_the_order_they_were_sent(store: Store) -> None:
    async with listening(store) as heard:
        for index in range(20):
            await store.runs.notify(ExecutionId("EX"), EventIndex(index))

        found = [await anext(heard) for _ in range(20)]
    assert found == [EventsWakeUp(ExecutionId("EX"), EventIndex(index)) for index in range(20)]
