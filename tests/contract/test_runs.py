"""What every Runs must do, fake or real: claims, what a slice starts from, and slices that died."""

import asyncio

import pytest

from chaingraph.errors import Conflict, NotFound
from chaingraph.execution.commits import Claim, Commit, NewChild, SliceEnd, Waiting
from chaingraph.execution.results import LoadedResult, ResultStatus
from chaingraph.execution.slots import InLine
from chaingraph.execution.status import Status
from chaingraph.ids import EventIndex, ExecutionId, NodeId, WorkerId, WorkflowRun
from tests.contract.builders import (
    ALICE,
    DOCUMENT,
    LEASE_MS,
    ROOT,
    RUN,
    batch,
    born,
    claim,
    claim_running,
    create,
    create_running,
    created_event,
    ended_workflow,
    ending,
    finish,
    new_root,
    pause,
    result,
)
from tests.contract.stores import Store

pytestmark = pytest.mark.anyio


async def try_to_claim(store: Store, name: str = ROOT, *, run: int = RUN) -> Claim | InLine | None:
    return await store.runs.claim(
        ExecutionId(name), workflow_run=WorkflowRun(run), worker_id=WorkerId("one"), lease_ms=LEASE_MS
    )


async def fail(store: Store, *, run: int = RUN, most: int = 5) -> int:
    return await store.runs.fail(ROOT, workflow_run=WorkflowRun(run), reason="out of memory \0", most=most)


async def test_each_claim_has_a_higher_epoch(store: Store) -> None:
    await create_running(store)

    assert [(await claim(store)).epoch for _ in range(3)] == [1, 2, 3]


async def test_two_claims_at_once_have_two_epochs(store: Store) -> None:
    await create_running(store)

    claims = await asyncio.gather(*(claim(store, worker=str(number)) for number in range(4)))

    assert sorted(claimed.epoch for claimed in claims) == [1, 2, 3, 4]


async def test_a_claim_does_not_start_a_root(store: Store) -> None:
    await create(store)

    await claim(store)

    assert (await store.executions.read(ROOT)).status is Status.CREATED


async def test_the_first_claim_starts_a_child(store: Store) -> None:
    await store.executions.create(
        new_root(), document=DOCUMENT, created=created_event(), idempotency=None, children=[born("child")]
    )

    await claim(store, "child")

    child = await store.executions.read(ExecutionId("child"))
    assert child.status is Status.RUNNING
    assert child.started_at is not None


async def test_a_later_claim_leaves_the_status_of_a_child(store: Store) -> None:
    await store.executions.create(
        new_root(), document=DOCUMENT, created=created_event(), idempotency=None, children=[born("child")]
    )
    paused = SliceEnd(status=Status.PAUSED, seen_seq=0)
    await store.runs.commit(await claim(store, "child"), batch(end=paused), lease_ms=LEASE_MS)

    await claim(store, "child")

    assert (await store.executions.read(ExecutionId("child"))).status is Status.PAUSED


async def test_an_ended_execution_is_not_claimed(store: Store) -> None:
    await create_running(store)
    await finish(store)

    assert await try_to_claim(store) is None


async def test_an_older_workflow_run_claims_nothing(store: Store) -> None:
    await create_running(store)
    await store.overdue.take_over(ended_workflow())

    assert await try_to_claim(store) is None
    assert await try_to_claim(store, run=2) is not None


async def test_an_unknown_execution_is_not_claimed(store: Store) -> None:
    assert await try_to_claim(store, "nobody") is None


async def test_a_refused_claim_takes_nothing_from_the_holder(store: Store) -> None:
    claimed = await claim_running(store)

    await try_to_claim(store, run=0)

    assert (await store.runs.commit(claimed, batch(1), lease_ms=LEASE_MS)).landed


async def test_a_slice_starts_from_the_pinned_document_and_the_newest_results(store: Store) -> None:
    claimed = await claim_running(store)
    detail = '{"\\u0000": ["é", 1.5]}'.encode()
    first = Commit(first=EventIndex(0), results=(result("a", ResultStatus.STARTED), result("b")))
    second = Commit(first=EventIndex(0), results=(result("a", attempt=2, detail=detail),))
    for commit in (first, second):
        await store.runs.commit(claimed, commit, lease_ms=LEASE_MS)

    checkpoint = await store.runs.load(await claim(store))

    assert checkpoint.document == DOCUMENT
    assert sorted(checkpoint.results, key=lambda loaded: loaded.node_id) == [
        LoadedResult(NodeId("a"), ResultStatus.COMPLETED, 2, {"\0": ["é", 1.5]}),
        LoadedResult(NodeId("b"), ResultStatus.COMPLETED, 1, {"outputs": {}}),
    ]


async def test_a_slice_starts_from_the_row_and_the_signals_sent(store: Store) -> None:
    await create_running(store)
    await store.mailbox.signal(ROOT)

    checkpoint = await store.runs.load(await claim(store))

    assert checkpoint.signal_seq == 2
    assert checkpoint.results == ()
    assert (checkpoint.execution.status, checkpoint.execution.epoch) == (Status.RUNNING, 1)


async def test_a_slice_sees_why_the_one_before_waited(store: Store) -> None:
    await create_running(store)
    waiting = SliceEnd(status=None, seen_seq=1, waiting=Waiting("breakpoint", detail="node-1"))
    await store.runs.commit(await claim(store), batch(end=waiting), lease_ms=LEASE_MS)

    checkpoint = await store.runs.load(await claim(store))

    assert checkpoint.execution.waiting == {"kind": "breakpoint", "detail": "node-1"}


async def test_an_older_epoch_loads_nothing(store: Store) -> None:
    old = await claim_running(store)
    await claim(store)

    with pytest.raises(Conflict):
        await store.runs.load(old)


async def test_dead_slices_are_counted(store: Store) -> None:
    await create_running(store)

    assert [await fail(store) for _ in range(3)] == [1, 2, 3]
    assert (await store.executions.read(ROOT)).failure_count == 3


async def test_a_slice_that_counts_as_dead_writes_nothing_more(store: Store) -> None:
    claimed = await claim_running(store)
    await fail(store)

    with pytest.raises(Conflict):
        await store.runs.commit(claimed, batch(1), lease_ms=LEASE_MS)


async def test_an_execution_whose_slice_died_waits_to_be_tried_again(store: Store) -> None:
    await claim_running(store)
    await fail(store)

    waiting = (await store.executions.read(ROOT)).waiting
    assert waiting == {"kind": "retrying", "detail": "out of memory \N{REPLACEMENT CHARACTER}"}


async def test_a_paused_execution_whose_slice_died_stays_paused(store: Store) -> None:
    await create_running(store)
    paused = SliceEnd(Status.PAUSED, 1, waiting=Waiting("paused", detail="to look", by=ALICE))
    await store.runs.commit(await claim(store), batch(end=paused), lease_ms=LEASE_MS)
    await fail(store)

    waiting = (await store.executions.read(ROOT)).waiting
    assert waiting == {"kind": "paused", "detail": "to look", "by": ALICE}


async def test_no_more_failures_are_counted_than_matter(store: Store) -> None:
    await create_running(store)

    assert [await fail(store, most=2) for _ in range(3)] == [1, 2, 2]


@pytest.mark.parametrize("status", [ResultStatus.COMPLETED, ResultStatus.FAILED, ResultStatus.SKIPPED])
async def test_a_node_that_came_to_an_end_ends_the_count(store: Store, status: ResultStatus) -> None:
    await create_running(store)
    await fail(store)

    commit = Commit(first=EventIndex(0), results=(result(status=status),))
    await store.runs.commit(await claim(store), commit, lease_ms=LEASE_MS)

    assert (await store.executions.read(ROOT)).failure_count == 0


async def test_a_node_that_only_started_does_not_end_the_count(store: Store) -> None:
    await create_running(store)
    await fail(store)

    commit = Commit(first=EventIndex(0), results=(result(status=ResultStatus.STARTED),))
    await store.runs.commit(await claim(store), commit, lease_ms=LEASE_MS)

    assert (await store.executions.read(ROOT)).failure_count == 1


async def test_a_dead_slice_of_an_older_run_or_an_ended_execution_is_not_counted(store: Store) -> None:
    await create_running(store)
    with pytest.raises(Conflict):
        await fail(store, run=0)
    await finish(store)
    with pytest.raises(Conflict):
        await fail(store)

    assert (await store.executions.read(ROOT)).failure_count == 0


async def test_a_dead_slice_of_nobody_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        await fail(store)


async def test_a_paused_execution_can_be_claimed(store: Store) -> None:
    await create_running(store)
    await pause(store)

    assert await try_to_claim(store) is not None


async def test_children_of_a_commit_start_from_the_same_document(store: Store) -> None:
    claimed = await claim_running(store)
    children: tuple[NewChild, ...] = (born("child"),)
    await store.runs.commit(claimed, Commit(first=EventIndex(0), children=children), lease_ms=LEASE_MS)

    checkpoint = await store.runs.load(await claim(store, "child"))

    assert checkpoint.document == DOCUMENT
    assert checkpoint.signal_seq == 0


async def test_an_end_without_a_status_leaves_the_status(store: Store) -> None:
    await create(store)

    await store.runs.commit(await claim(store), batch(end=ending(None, seen=0)), lease_ms=LEASE_MS)

    assert (await store.executions.read(ROOT)).status is Status.CREATED
