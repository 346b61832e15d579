"""What every Executions must do, fake or real: creating and reading."""

import asyncio
from dataclasses import replace

import pytest

from chaingraph.errors import Conflict, NotFound
from chaingraph.execution.execution import ExternalEvent
from chaingraph.execution.options import ExecutionOptions, Limits, OnNodeFailure
from chaingraph.execution.status import Status
from chaingraph.ids import ExecutionId, FlowHash, FlowId, UserId
from chaingraph.interfaces import Created, Idempotency, Keyed
from tests.contract.builders import (
    BOB,
    DOCUMENT,
    ROOT,
    born,
    create,
    created_event,
    indexes,
    new_child,
    new_root,
)
from tests.contract.stores import Store

pytestmark = pytest.mark.anyio

KEY = Idempotency("key", "hash of the request")


async def test_a_new_execution_is_created_and_has_nothing_behind_it(store: Store) -> None:
    await create(store)

    execution = await store.executions.read(ROOT)

    assert execution.status is Status.CREATED
    assert (execution.epoch, execution.next_index, execution.workflow_run) == (0, 0, 1)
    assert (execution.error_count, execution.failure_count, execution.active_ms) == (0, 0, 0)
    assert execution.command is execution.waiting is execution.started_at is execution.completed_at is None


async def test_what_was_given_is_read_back(store: Store) -> None:
    options = ExecutionOptions(
        execution=Limits(max_concurrency=3), breakpoints=("a", "b"), on_node_failure=OnNodeFailure.FAIL
    )
    given = replace(
        new_root(),
        options=options,
        integration={"é": ["\0", None, 1.5, {"🦊": True}]},
        external_event=ExternalEvent("\0 name", {"deep": ["\0"]}),
    )

    await create(store, given)

    read = await store.executions.read(ROOT)
    assert (read.options, read.integration, read.external_event) == (
        options,
        given.integration,
        given.external_event,
    )


async def test_the_document_is_pinned_byte_for_byte(store: Store) -> None:
    document = '{ "a": "\\u0000 é 🦊", "b":1.0 }'.encode()

    await store.executions.create(new_root(), document=document, created=created_event(), idempotency=None)

    assert await store.executions.pinned_document(FlowHash("hash")) == document


async def test_two_executions_share_a_pinned_document(store: Store) -> None:
    await create(store, new_root("a"))
    await create(store, new_root("b"))

    assert await store.executions.pinned_document(FlowHash("hash")) == DOCUMENT


async def test_what_is_not_there_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.executions.read(ROOT)
    with pytest.raises(NotFound):
        await store.executions.pinned_document(FlowHash("none"))
    assert await store.executions.tree(ROOT) == []
    assert await store.executions.children(ROOT) == []


async def test_the_same_key_and_request_give_the_same_execution(store: Store) -> None:
    await create(store, new_root("a"), idempotency=KEY)

    again = await store.executions.create(
        new_root("b"), document=DOCUMENT, created=created_event(), idempotency=KEY
    )

    assert again == Created(ExecutionId("a"), is_new=False)
    with pytest.raises(NotFound):
        await store.executions.read(ExecutionId("b"))


async def test_the_same_key_with_another_request_is_refused(store: Store) -> None:
    await create(store, new_root("a"), idempotency=KEY)

    with pytest.raises(Conflict):
        await create(store, new_root("b"), idempotency=Idempotency("key", "another hash"))


async def test_keys_of_two_owners_are_two_keys(store: Store) -> None:
    await create(store, new_root("a"), idempotency=KEY)
    await create(store, new_root("b", owner=BOB), idempotency=KEY)

    assert (await store.executions.read(ExecutionId("b"))).owner_id == BOB


async def test_a_key_is_known_to_its_owner_alone(store: Store) -> None:
    await create(store, new_root("a"), idempotency=KEY)

    assert await store.executions.keyed(new_root().owner_id, KEY.key) == Keyed(
        ExecutionId("a"), KEY.request_hash
    )
    assert await store.executions.keyed(BOB, KEY.key) is None
    assert await store.executions.keyed(new_root().owner_id, "another") is None


async def test_of_many_creations_with_one_key_one_is_new(store: Store) -> None:
    answers = await asyncio.gather(
        *(
            store.executions.create(
                new_root(f"root-{number}"), document=DOCUMENT, created=created_event(), idempotency=KEY
            )
            for number in range(5)
        )
    )

    assert len({answer.execution_id for answer in answers}) == 1
    assert sum(answer.is_new for answer in answers) == 1


async def test_a_creation_repeated_because_its_answer_was_lost_is_the_same_one(store: Store) -> None:
    await create(store)

    again = await store.executions.create(
        new_root(), document=DOCUMENT, created=created_event(), idempotency=None
    )

    assert again == Created(ROOT, is_new=True)
    assert await indexes(store) == [-1]


async def test_an_execution_may_be_created_with_children(store: Store) -> None:
    await store.executions.create(
        new_root(),
        document=DOCUMENT,
        created=created_event(),
        idempotency=KEY,
        children=[born("a"), born("b")],
    )

    children = await store.executions.children(ROOT)
    assert [(child.id, child.status, child.depth) for child in children] == [
        ("a", Status.CREATED, 1),
        ("b", Status.CREATED, 1),
    ]
    assert await indexes(store, "a") == [-1]


async def test_a_refused_creation_leaves_no_children(store: Store) -> None:
    await create(store, new_root("a"), idempotency=KEY)

    await store.executions.create(
        new_root("b"), document=DOCUMENT, created=created_event(), idempotency=KEY, children=[born("c")]
    )

    with pytest.raises(NotFound):
        await store.executions.read(ExecutionId("c"))


async def test_a_tree_is_ordered_by_depth_then_id(store: Store) -> None:
    grandchild = born("a-grandchild", parent=new_child("b"))
    await store.executions.create(
        new_root(),
        document=DOCUMENT,
        created=created_event(),
        idempotency=None,
        children=[grandchild, born("c"), born("b"), born("B")],
    )

    tree = await store.executions.tree(ROOT)

    assert [execution.id for execution in tree] == [ROOT, "B", "b", "c", "a-grandchild"]
    assert [execution.id for execution in await store.executions.children(ROOT)] == ["B", "b", "c"]


async def test_an_execution_of_an_unknown_flow_is_no_concern_of_the_store(store: Store) -> None:
    await create(store, new_root(flow=FlowId("deleted"), owner=UserId("gone")))

    assert (await store.executions.read(ROOT)).flow_id == "deleted"
