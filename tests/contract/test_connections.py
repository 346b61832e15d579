"""What every Connections must do, fake or real."""

from datetime import timedelta

import pytest

from chaingraph.errors import NotFound
from chaingraph.ids import ConnectionId
from chaingraph.interfaces import User
from tests.contract.builders import ALICE, BOB, connect, subscription
from tests.contract.stores import Store

pytestmark = pytest.mark.anyio

ID = ConnectionId("connection=")


async def test_a_connection_keeps_its_user(store: Store) -> None:
    await store.connections.add(ID, user=User(ALICE, is_admin=True), announces_identity=False)

    connection = await store.connections.read(ID)

    assert (connection.id, connection.user) == (ID, User(ALICE, is_admin=True))
    assert not connection.announces_identity


async def test_a_connection_may_say_later_who_it_belongs_to(store: Store) -> None:
    await store.connections.add(ID, user=None, announces_identity=True)
    before = await store.connections.read(ID)

    await store.connections.identify(ID, User(BOB, is_admin=False))

    assert (before.user, before.announces_identity) == (None, True)
    assert (await store.connections.read(ID)).user == User(BOB, is_admin=False)


async def test_adding_a_connection_again_replaces_it(store: Store) -> None:
    await connect(store, ID)

    await store.connections.add(ID, user=User(ALICE, is_admin=False), announces_identity=False)

    assert (await store.connections.read(ID)).user == User(ALICE, is_admin=False)


async def test_a_connection_that_is_gone_is_not_found(store: Store) -> None:
    await connect(store, ID)
    await store.connections.remove(ID)

    with pytest.raises(NotFound):
        await store.connections.read(ID)
    with pytest.raises(NotFound):
        await store.connections.identify(ID, User(ALICE, is_admin=False))


async def test_a_connection_goes_with_its_subscriptions(store: Store) -> None:
    await connect(store, ID)
    await connect(store, "other")
    await store.subscriptions.add(subscription(ID))
    await store.subscriptions.add(subscription("other"))

    await store.connections.remove(ID)

    assert await store.subscriptions.all() == [subscription("other")]


async def test_removing_what_is_not_there_is_harmless(store: Store) -> None:
    await store.connections.remove(ID)


async def test_the_unidentified_are_found_by_age(store: Store) -> None:
    await store.connections.add(
        ConnectionId("known"), user=User(ALICE, is_admin=False), announces_identity=False
    )
    await connect(store, ID)
    connected_at = (await store.connections.read(ID)).connected_at

    assert await store.connections.unidentified_since(connected_at, 9) == []
    assert await store.connections.unidentified_since(connected_at + timedelta(seconds=1), 9) == [ID]


async def test_connections_are_found_by_age(store: Store) -> None:
    for name in ("first", "second", "third"):
        await connect(store, name)
    opened = [(await store.connections.read(ConnectionId(name))).connected_at for name in ("first", "third")]

    assert await store.connections.opened_before(opened[0], 9) == []
    assert len(await store.connections.opened_before(opened[1] + timedelta(seconds=1), 2)) == 2
