"""What every Executions must do, fake or real: lists and their pages."""

import pytest

from chaingraph.execution.status import Status
from chaingraph.ids import FlowId
from chaingraph.interfaces import Page
from tests.contract.builders import (
    ALICE,
    BOB,
    DOCUMENT,
    FLOW,
    born,
    create,
    create_running,
    created_event,
    finish,
    new_child,
    new_root,
)
from tests.contract.stores import Store

pytestmark = pytest.mark.anyio


async def create_with_children(store: Store, name: str, *names: str) -> None:
    root = new_root(name)
    children = [born(child, parent=root) for child in names]
    await store.executions.create(
        root, document=DOCUMENT, created=created_event(), idempotency=None, children=children
    )


async def test_roots_are_the_roots_of_one_flow(store: Store) -> None:
    await create_with_children(store, "a", "child")
    await create(store, new_root("b", flow=FlowId("other")))

    assert [root.execution.id for root in await store.executions.roots(FLOW, Page(10))] == ["a"]


async def test_a_root_tells_the_size_of_its_tree(store: Store) -> None:
    grandchild = born("grandchild", parent=new_child("child"))
    await store.executions.create(
        new_root(),
        document=DOCUMENT,
        created=created_event(),
        idempotency=None,
        children=[born("child"), born("sibling"), grandchild],
    )

    (root,) = await store.executions.roots(FLOW, Page(10))

    assert (root.levels, root.total_nested) == (2, 4)


async def test_a_root_without_children_is_its_own_tree(store: Store) -> None:
    await create(store)

    (root,) = await store.executions.roots(FLOW, Page(10))

    assert (root.levels, root.total_nested) == (0, 1)


async def test_roots_come_the_newest_first_and_every_one_once(store: Store) -> None:
    for name in "abcde":
        await create(store, new_root(name))
    page, seen = Page(2), list[str]()

    while found := await store.executions.roots(FLOW, page):
        seen += [root.execution.id for root in found]
        page = Page(2, found[-1].execution.created_at, found[-1].execution.id)

    assert sorted(seen) == list("abcde")
    assert seen == [root.execution.id for root in await store.executions.roots(FLOW, Page(10))]


async def test_a_list_holds_the_executions_of_one_owner_at_every_depth(store: Store) -> None:
    await create_with_children(store, "a", "child")
    await create(store, new_root("b", owner=BOB))

    assert {found.id for found in await store.executions.list_of(ALICE, Page(10), None)} == {"a", "child"}
    assert {found.id for found in await store.executions.list_of(None, Page(10), None)} == {
        "a",
        "b",
        "child",
    }


async def test_a_list_may_hold_one_status_only(store: Store) -> None:
    await create(store, new_root("created"))
    await create_running(store, "running")
    await create_running(store, "completed")
    await finish(store, "completed")

    for status in (Status.CREATED, Status.RUNNING, Status.COMPLETED):
        assert [found.id for found in await store.executions.list_of(ALICE, Page(10), status)] == [status]
    assert await store.executions.list_of(ALICE, Page(10), Status.PAUSED) == []


async def test_pages_hold_every_execution_of_one_instant_once(store: Store) -> None:
    await create_with_children(store, "root", *"abcde")
    page, seen = Page(2), list[str]()

    while found := await store.executions.list_of(ALICE, page, None):
        seen += [execution.id for execution in found]
        page = Page(2, found[-1].created_at, found[-1].id)

    assert sorted(seen) == [*"abcde", "root"]


async def test_a_page_before_an_instant_holds_nothing_of_that_instant(store: Store) -> None:
    await create(store, new_root("a"))
    await create_with_children(store, "root", *"bc")
    instant = (await store.executions.read(new_root("b").id)).created_at

    found = await store.executions.list_of(ALICE, Page(10, before=instant), None)

    assert instant not in {execution.created_at for execution in found}
