"""What every Assignments must do, fake or real."""

from dataclasses import replace

import pytest

from chaingraph.errors import Conflict
from chaingraph.ids import ConnectionId, Epoch, EventIndex, RequestId, WorkerId
from chaingraph.interfaces import Assignment
from tests.contract.builders import connect, subscription
from tests.contract.stores import Store

pytestmark = pytest.mark.anyio

A = ConnectionId("a")
B = ConnectionId("b")


async def become_active(store: Store, holder: str = "relay") -> Epoch:
    epoch = await store.relay_lease.take(WorkerId(holder), lease_ms=0)
    assert epoch is not None
    return epoch


async def subscribe(store: Store, *connections: ConnectionId) -> None:
    for connection in connections:
        await connect(store, connection)
        await store.subscriptions.add(subscription(connection))


def fresh(connection: ConnectionId) -> Assignment:
    return Assignment(subscription(connection), is_started=False, is_stopping=False)


async def test_the_active_relay_takes_what_belongs_to_nobody_once(store: Store) -> None:
    relay = await become_active(store)
    await subscribe(store, A, B)

    assert await store.assignments.take(relay) == [fresh(A), fresh(B)]
    assert await store.assignments.take(relay) == []


async def test_a_relay_that_was_replaced_takes_nothing(store: Store) -> None:
    old = await become_active(store)
    new = await become_active(store, "another")
    await subscribe(store, A)

    with pytest.raises(Conflict):
        await store.assignments.take(old)
    assert await store.assignments.take(new) == [fresh(A)]


async def test_a_relay_that_was_never_active_takes_nothing(store: Store) -> None:
    with pytest.raises(Conflict):
        await store.assignments.take(Epoch(1))


async def test_a_relay_sees_its_own_of_some_connections(store: Store) -> None:
    relay = await become_active(store)
    await subscribe(store, A, B)
    await store.assignments.take(relay)
    await store.subscriptions.stop(A, RequestId("1"))
    await store.subscriptions.add(subscription(A, "2"))

    found = await store.assignments.of(relay, [A, ConnectionId("nobody")])

    assert found == [Assignment(subscription(A), is_started=False, is_stopping=True)]


async def test_what_an_earlier_relay_did_not_hand_over_is_abandoned(store: Store) -> None:
    old = await become_active(store)
    await subscribe(store, A)
    await store.subscriptions.add(subscription(A, "2"))
    await store.assignments.take(old)

    new = await become_active(store, "another")

    assert await store.assignments.abandoned(new) == [A]
    assert await store.assignments.abandoned(old) == []
    assert await store.assignments.take(new) == []


async def test_what_was_handed_over_goes_on_where_it_stood(store: Store) -> None:
    old = await become_active(store)
    await subscribe(store, A, B)
    taken = await store.assignments.take(old)
    exact = [
        Assignment(replace(assignment.subscription, cursor=EventIndex(7)), is_started=True, is_stopping=False)
        for assignment in taken
    ]

    await store.assignments.hand_over(old, exact)

    new = await become_active(store, "another")
    assert await store.assignments.take(new) == exact
    assert await store.assignments.abandoned(new) == []


async def test_a_relay_hands_over_only_what_is_its_own(store: Store) -> None:
    old = await become_active(store)
    await subscribe(store, A)
    taken = await store.assignments.take(old)
    await store.assignments.hand_over(old, taken)
    new = await become_active(store, "another")
    await store.assignments.take(new)

    await store.assignments.hand_over(old, taken)

    assert await store.assignments.of(new, [A]) == taken


async def test_handing_over_what_was_removed_is_harmless(store: Store) -> None:
    relay = await become_active(store)
    await subscribe(store, A)
    taken = await store.assignments.take(relay)
    await store.connections.remove(A)

    await store.assignments.hand_over(relay, taken)

    assert await store.subscriptions.all() == []


async def test_nothing_is_handed_over_by_an_empty_hand(store: Store) -> None:
    relay = await become_active(store)

    await store.assignments.hand_over(relay, [])

    assert await store.assignments.of(relay, []) == []
