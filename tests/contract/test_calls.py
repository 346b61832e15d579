"""What every store must do for executions that call others, fake or real."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from chaingraph.execution.calls import PinnedFlow
from chaingraph.execution.commits import Commit, SliceEnd
from chaingraph.execution.options import ExecutionOptions, OnNodeFailure
from chaingraph.execution.status import Status
from chaingraph.graph.outside import CallFailed, Returned
from chaingraph.ids import EventIndex, ExecutionId, FlowHash, FlowId
from chaingraph.interfaces import CallableFlow
from tests.contract.builders import (
    DOCUMENT,
    LEASE_MS,
    ROOT,
    born,
    claim,
    create,
    create_running,
    created_event,
    finish,
    new_root,
)
from tests.contract.stores import Store

pytestmark = pytest.mark.anyio

CHILD = ExecutionId("child")
EVER = -60_000
PINNED = PinnedFlow(FlowId("other"), FlowHash("other-hash"), {"name": "Other \0"})


async def call(store: Store, inputs: Mapping[str, object] | None = None, *, fails: bool = False) -> None:
    """The running root has called a child."""
    options = ExecutionOptions(on_node_failure=OnNodeFailure.FAIL) if fails else ExecutionOptions()
    root = replace(new_root(), options=options)
    await create(store, root)
    await store.executions.start(ROOT)
    spawned = born(CHILD)
    spawned = replace(spawned, execution=replace(spawned.execution, inputs=inputs or {}))
    commit = Commit(EventIndex(0), children=(spawned, born("emitted")), end=SliceEnd(None, 1))
    assert (await store.runs.commit(await claim(store), commit, lease_ms=LEASE_MS)).landed


async def end(
    store: Store, status: Status, *, outputs: bytes | None = None, error: str | None = None
) -> None:
    ending = SliceEnd(status, 0, outputs=outputs, error_message=error)
    claimed = await claim(store, CHILD)
    assert (await store.runs.commit(claimed, Commit(EventIndex(0), end=ending), lease_ms=LEASE_MS)).landed


async def test_a_called_child_knows_what_it_was_called_with(store: Store) -> None:
    await call(store, {"text": "a\0b", "n": 1})

    assert (await store.runs.load(await claim(store, CHILD))).inputs == {"text": "a\0b", "n": 1}
    assert (await store.executions.read(CHILD)).is_called


async def test_other_executions_were_called_with_nothing(store: Store) -> None:
    await call(store)

    assert (await store.runs.load(await claim(store, "emitted"))).inputs == {}
    assert not (await store.executions.read(ExecutionId("emitted"))).is_called
    assert not (await store.executions.read(ROOT)).is_called


async def test_a_child_that_has_not_ended_has_given_nothing(store: Store) -> None:
    await call(store)

    assert await store.executions.call_ends(ROOT) == {}


async def test_what_a_child_returns_comes_with_its_end(store: Store) -> None:
    await call(store)
    await finish(store, "emitted", seen=0)

    await end(store, Status.COMPLETED, outputs=b'{"text": "\\u0000"}')

    assert await store.executions.call_ends(ROOT) == {CHILD: Returned({"text": "\0"})}


@pytest.mark.parametrize("status", [Status.FAILED, Status.STOPPED])
async def test_a_child_that_did_not_complete_has_failed_its_call(store: Store, status: Status) -> None:
    await call(store)

    await end(store, status, error="broken")

    assert await store.executions.call_ends(ROOT) == {CHILD: CallFailed("broken")}


async def test_an_end_is_untold_until_its_caller_was_told(store: Store) -> None:
    await call(store)
    before = await store.overdue.untold_ends(older_than_ms=EVER, limit=10)
    await finish(store, "emitted", seen=0)
    await end(store, Status.COMPLETED)

    after = await store.overdue.untold_ends(older_than_ms=EVER, limit=10)
    await store.executions.told(CHILD)

    assert (before, after) == ([], [CHILD])
    assert await store.overdue.untold_ends(older_than_ms=EVER, limit=10) == []


async def test_an_end_of_this_moment_is_no_untold_one_yet(store: Store) -> None:
    await call(store)
    await end(store, Status.COMPLETED)

    assert await store.overdue.untold_ends(older_than_ms=60_000, limit=10) == []


async def test_a_call_that_failed_is_no_reason_to_wake_who_fails_with_its_children(store: Store) -> None:
    """Its caller decides; only a child that runs for an event fails the whole."""
    await call(store, fails=True)
    await end(store, Status.FAILED)

    assert await store.overdue.done_waiting(older_than_ms=EVER, limit=10) == []


async def test_the_callable_flows_of_a_tree_are_pinned_with_their_documents(store: Store) -> None:
    flows = [CallableFlow(PINNED, b'{"nodes": [1]}')]

    await store.executions.create(
        new_root(), document=DOCUMENT, created=created_event(), idempotency=None, callable_flows=flows
    )

    assert await store.executions.callable_flows(ROOT) == {"other": PINNED}
    assert await store.executions.pinned_document(PINNED.flow_hash) == b'{"nodes": [1]}'


async def test_an_execution_that_calls_nobody_has_no_callable_flows(store: Store) -> None:
    await create_running(store)

    assert await store.executions.callable_flows(ROOT) == {}


async def test_two_callable_flows_may_have_the_same_document(store: Store) -> None:
    twin = replace(PINNED, flow_id=FlowId("twin"))

    await store.executions.create(
        new_root(),
        document=DOCUMENT,
        created=created_event(),
        idempotency=None,
        callable_flows=[CallableFlow(PINNED, DOCUMENT), CallableFlow(twin, DOCUMENT)],
    )

    assert set(await store.executions.callable_flows(ROOT)) == {"other", "twin"}


async def test_the_documents_of_callable_flows_are_kept_as_long_as_the_tree(store: Store) -> None:
    await store.executions.create(
        new_root(),
        document=DOCUMENT,
        created=created_event(),
        idempotency=None,
        callable_flows=[CallableFlow(PINNED, b'{"nodes": [1]}')],
    )
    await store.executions.start(ROOT)
    kept = await store.history.forget_documents(older_than_ms=EVER, limit=10)
    await finish(store)

    await store.history.forget_events(older_than_ms=EVER, limit=100)
    forgotten = await store.history.forget_documents(older_than_ms=EVER, limit=10)

    assert (kept, forgotten) == (0, 2)
    assert await store.executions.callable_flows(ROOT) == {}
