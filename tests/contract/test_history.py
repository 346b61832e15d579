"""What every History must do, fake or real: old events and documents go, the rest stays."""

import asyncio

import pytest

from chaingraph.errors import NotFound
from chaingraph.execution.commits import Commit
from chaingraph.ids import EventIndex, ExecutionId, FlowHash
from tests.contract.builders import (
    LEASE_MS,
    ROOT,
    batch,
    claim,
    create,
    create_running,
    ending,
    finish,
    indexes,
    new_root,
    result,
)
from tests.contract.stores import Store

pytestmark = pytest.mark.anyio

# The database's clock may stand still between two calls; this is older than everything, and younger.
YOUNGER = -1_000
AN_HOUR = 3_600_000
HASH = FlowHash("hash")


async def forget(store: Store, limit: int = 1_000) -> int:
    return await store.history.forget_events(older_than_ms=YOUNGER, limit=limit)


async def ended(store: Store, name: str = ROOT, events: int = 3) -> None:
    await create_running(store, name)
    last = Commit(first=EventIndex(0), events=batch(events).events, results=(result("n"),), end=ending())
    await store.runs.commit(await claim(store, name), last, lease_ms=LEASE_MS)


async def test_events_of_what_ended_long_ago_are_deleted(store: Store) -> None:
    await ended(store)

    assert await forget(store) == 4
    assert await indexes(store) == []
    assert (await store.executions.read(ROOT)).next_index == 3


async def test_what_ended_lately_keeps_its_events(store: Store) -> None:
    await ended(store)

    assert await store.history.forget_events(older_than_ms=AN_HOUR, limit=1_000) == 0
    assert await indexes(store) == [-1, 0, 1, 2]


async def test_what_has_not_ended_keeps_its_events_however_old(store: Store) -> None:
    await create_running(store)

    assert await forget(store) == 0
    assert await indexes(store) == [-1]


async def test_no_more_events_are_deleted_at_once_than_asked_for(store: Store) -> None:
    await ended(store, "a", events=5)
    await ended(store, "b", events=5)

    counts = [await forget(store, limit=5) for _ in range(4)]

    assert counts == [5, 5, 2, 0]
    assert await indexes(store, "a") == await indexes(store, "b") == []


async def test_two_that_forget_at_once_do_no_harm(store: Store) -> None:
    for name in "abc":
        await ended(store, name)

    await asyncio.gather(*(forget(store, limit=5) for _ in range(4)))
    while await forget(store, limit=5) == 5:
        pass

    assert [await indexes(store, name) for name in "abc"] == [[], [], []]


async def test_documents_that_nobody_needs_are_deleted(store: Store) -> None:
    await ended(store)
    await forget(store)

    assert await store.history.forget_documents(older_than_ms=YOUNGER, limit=9) == 1
    with pytest.raises(NotFound):
        await store.executions.pinned_document(HASH)


async def test_a_document_of_an_execution_with_events_stays(store: Store) -> None:
    await ended(store)
    await forget(store)
    await create(store, new_root("other"))

    assert await store.history.forget_documents(older_than_ms=YOUNGER, limit=9) == 0


async def test_a_young_document_stays(store: Store) -> None:
    await ended(store)
    await forget(store)

    assert await store.history.forget_documents(older_than_ms=AN_HOUR, limit=9) == 0


async def test_a_deleted_document_is_pinned_again_by_the_next_execution(store: Store) -> None:
    await ended(store)
    await forget(store)
    await store.history.forget_documents(older_than_ms=YOUNGER, limit=9)

    await create_running(store, "next")
    await finish(store, "next")

    assert await store.executions.pinned_document(HASH)


async def test_executions_created_while_documents_are_deleted_have_theirs(store: Store) -> None:
    await ended(store)
    await forget(store)
    names = [f"execution-{number}" for number in range(6)]

    async def delete_again_and_again() -> None:
        for _ in range(6):
            await store.history.forget_documents(older_than_ms=YOUNGER, limit=9)

    await asyncio.gather(delete_again_and_again(), *(create(store, new_root(name)) for name in names))

    for name in names:
        await store.runs.load(await claim(store, name))
    assert (await store.executions.read(ExecutionId(names[0]))).flow_hash == HASH
