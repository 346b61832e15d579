"""What every RelayLease must do, fake or real."""

import asyncio

import pytest

from chaingraph.errors import Conflict
from chaingraph.ids import Epoch, WorkerId
from tests.contract.builders import LEASE_MS
from tests.contract.stores import Store

pytestmark = pytest.mark.anyio

ONE = WorkerId("one")
TWO = WorkerId("two")


async def take(store: Store, holder: WorkerId = ONE, *, lease_ms: int = LEASE_MS) -> Epoch:
    epoch = await store.relay_lease.take(holder, lease_ms=lease_ms)
    assert epoch is not None
    return epoch


async def test_one_relay_is_active(store: Store) -> None:
    await take(store)

    assert await store.relay_lease.take(TWO, lease_ms=LEASE_MS) is None


async def test_of_two_relays_at_once_one_becomes_active(store: Store) -> None:
    epochs = await asyncio.gather(
        *(store.relay_lease.take(holder, lease_ms=LEASE_MS) for holder in (ONE, TWO))
    )

    assert sorted(epoch is None for epoch in epochs) == [False, True]


async def test_a_lease_that_is_over_is_taken_over_with_a_higher_epoch(store: Store) -> None:
    old = await take(store, lease_ms=0)

    assert await take(store, TWO) > old


async def test_a_relay_that_was_replaced_cannot_extend(store: Store) -> None:
    old = await take(store, lease_ms=0)
    await take(store, TWO)

    with pytest.raises(Conflict):
        await store.relay_lease.extend(old, lease_ms=LEASE_MS)


async def test_an_extended_lease_is_not_over(store: Store) -> None:
    epoch = await take(store, lease_ms=0)

    await store.relay_lease.extend(epoch, lease_ms=LEASE_MS)

    assert await store.relay_lease.take(TWO, lease_ms=LEASE_MS) is None


async def test_a_lease_that_was_given_back_is_free_at_once(store: Store) -> None:
    epoch = await take(store)

    await store.relay_lease.give_back(epoch)

    assert await take(store, TWO) > epoch


async def test_a_lease_that_was_given_back_cannot_be_extended(store: Store) -> None:
    epoch = await take(store)
    await store.relay_lease.give_back(epoch)

    with pytest.raises(Conflict):
        await store.relay_lease.extend(epoch, lease_ms=LEASE_MS)


async def test_a_relay_that_was_replaced_gives_nothing_back(store: Store) -> None:
    old = await take(store, lease_ms=0)
    await take(store, TWO)

    await store.relay_lease.give_back(old)

    assert await store.relay_lease.take(ONE, lease_ms=LEASE_MS) is None


async def test_a_relay_that_starts_again_takes_its_own_lease(store: Store) -> None:
    old = await take(store)

    assert await take(store) > old
