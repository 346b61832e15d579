"""What every Subscriptions must do, fake or real."""

import asyncio

import pytest

from chaingraph.errors import Conflict, NotFound
from chaingraph.ids import ConnectionId, RequestId
from tests.contract.builders import connect, subscription
from tests.contract.stores import Store

pytestmark = pytest.mark.anyio

ID = ConnectionId("a")


async def test_a_subscription_is_read_as_it_was_added(store: Store) -> None:
    await connect(store, ID)
    added = subscription(ID, '"\\u0000 é"', cursor=41)

    await store.subscriptions.add(added)

    assert await store.subscriptions.of_connection(ID) == [added]
    assert await store.subscriptions.all() == [added]


async def test_a_request_id_is_used_once_by_a_connection(store: Store) -> None:
    await connect(store, ID)
    await connect(store, "b")
    await store.subscriptions.add(subscription(ID))

    with pytest.raises(Conflict):
        await store.subscriptions.add(subscription(ID))
    await store.subscriptions.add(subscription("b"))


async def test_of_two_with_one_request_id_one_is_added(store: Store) -> None:
    await connect(store, ID)

    endings = await asyncio.gather(
        *(store.subscriptions.add(subscription(ID)) for _ in range(2)), return_exceptions=True
    )

    assert [type(ending) for ending in endings if ending] == [Conflict]


async def test_a_connection_that_is_gone_gets_no_subscription(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.subscriptions.add(subscription(ID))


async def test_one_that_is_to_stop_has_its_row_until_it_is_removed(store: Store) -> None:
    await connect(store, ID)
    await store.subscriptions.add(subscription(ID, "1"))
    await store.subscriptions.add(subscription(ID, "2"))

    await store.subscriptions.stop(ID, RequestId("2"))

    assert await store.subscriptions.stopping() == [(ID, "2")]
    assert len(await store.subscriptions.all()) == 2
    await store.subscriptions.remove(ID, RequestId("2"))
    assert await store.subscriptions.stopping() == []
    assert await store.subscriptions.all() == [subscription(ID, "1")]


async def test_stopping_what_is_not_there_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.subscriptions.stop(ID, RequestId("1"))


async def test_removing_what_is_not_there_is_harmless(store: Store) -> None:
    await store.subscriptions.remove(ID, RequestId("1"))


async def test_the_subscriptions_of_a_connection_are_its_own(store: Store) -> None:
    await connect(store, ID)
    await connect(store, "b")
    await store.subscriptions.add(subscription("b", "1"))
    await store.subscriptions.add(subscription(ID, "2"))

    assert await store.subscriptions.of_connection(ID) == [subscription(ID, "2")]
    assert await store.subscriptions.of_connection(ConnectionId("nobody")) == []
