"""What every Flows must do, fake or real."""

import asyncio

import pytest

from chaingraph.errors import Conflict, NotFound
from chaingraph.ids import FlowId, UserId
from chaingraph.interfaces import Page, StoredFlow
from tests.contract.builders import ALICE, BOB, DOCUMENT
from tests.contract.stores import Store

pytestmark = pytest.mark.anyio

ID = FlowId("flow")


async def create(store: Store, name: str = ID, *, owner: UserId = ALICE) -> StoredFlow:
    return await store.flows.create(FlowId(name), owner_id=owner, name=name, document=DOCUMENT)


async def test_a_new_flow_has_version_one(store: Store) -> None:
    created = await create(store)

    assert created.version == 1
    assert created == await store.flows.read(ID)


async def test_a_document_comes_back_byte_for_byte(store: Store) -> None:
    document = '{"b": 1.0, "a": "\\u0000 \\u00e9 é 🦊",\n "a": 2 }'.encode()

    await store.flows.create(ID, owner_id=ALICE, name="é", document=document)

    assert (await store.flows.read(ID)).document == document


async def test_an_id_is_taken_once(store: Store) -> None:
    await create(store)

    with pytest.raises(Conflict):
        await create(store)


async def test_an_update_replaces_the_document_and_raises_the_version(store: Store) -> None:
    created = await create(store)

    updated = await store.flows.update(ID, version=1, name="renamed", document=b'{"nodes": 1}')

    assert (updated.version, updated.name, updated.document) == (2, "renamed", b'{"nodes": 1}')
    assert updated.created_at == created.created_at
    assert updated == await store.flows.read(ID)


async def test_an_update_of_an_older_version_is_refused(store: Store) -> None:
    await create(store)
    updated = await store.flows.update(ID, version=1, name="first", document=DOCUMENT)

    with pytest.raises(Conflict):
        await store.flows.update(ID, version=1, name="second", document=DOCUMENT)
    assert await store.flows.read(ID) == updated


async def test_of_two_updates_of_one_version_one_wins(store: Store) -> None:
    await create(store)

    endings = await asyncio.gather(
        *(store.flows.update(ID, version=1, name=name, document=DOCUMENT) for name in "ab"),
        return_exceptions=True,
    )

    assert sorted(type(ending).__name__ for ending in endings) == ["Conflict", "StoredFlow"]


async def test_what_is_not_there_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.flows.read(ID)
    with pytest.raises(NotFound):
        await store.flows.update(ID, version=1, name="a", document=DOCUMENT)
    with pytest.raises(NotFound):
        await store.flows.delete(ID)


async def test_a_deleted_flow_is_gone(store: Store) -> None:
    await create(store)

    await store.flows.delete(ID)

    with pytest.raises(NotFound):
        await store.flows.read(ID)


async def test_a_list_holds_the_flows_of_one_owner_the_newest_first(store: Store) -> None:
    await create(store, "a")
    await create(store, "b", owner=BOB)
    await create(store, "c")

    assert {flow.id for flow in await store.flows.list_of(ALICE, Page(10))} == {"a", "c"}
    assert {flow.id for flow in await store.flows.list_of(None, Page(10))} == {"a", "b", "c"}


async def test_pages_hold_every_flow_once(store: Store) -> None:
    for name in "abcde":
        await create(store, name)
    page, seen = Page(2), list[str]()

    while found := await store.flows.list_of(ALICE, page):
        seen += [flow.id for flow in found]
        page = Page(2, found[-1].created_at, found[-1].id)

    assert sorted(seen) == list("abcde")
    everything = await store.flows.list_of(ALICE, Page(10))
    assert seen == [flow.id for flow in everything]
    assert everything == sorted(everything, key=lambda flow: (flow.created_at, flow.id), reverse=True)
