"""What every Runs must do, fake or real: commits in the middle of a slice."""

import asyncio

import pytest

from chaingraph.errors import Conflict, NotFound
from chaingraph.execution.commits import Commit
from chaingraph.execution.results import ResultStatus
from chaingraph.execution.status import Status
from chaingraph.ids import EventIndex, ExecutionId
from tests.contract.builders import (
    LEASE_MS,
    PAUSE,
    ROOT,
    STOP,
    batch,
    born,
    claim,
    claim_running,
    created_event,
    ending,
    event,
    events,
    indexes,
    result,
)
from tests.contract.stores import Store

pytestmark = pytest.mark.anyio


async def test_a_batch_is_in_the_log_and_moves_the_next_index(store: Store) -> None:
    claimed = await claim_running(store)

    reply = await store.runs.commit(claimed, batch(3), lease_ms=LEASE_MS)

    assert reply.landed
    assert await indexes(store) == [-1, 0, 1, 2]
    assert (await store.executions.read(ROOT)).next_index == 3


async def test_batches_follow_each_other(store: Store) -> None:
    claimed = await claim_running(store)

    for first in (0, 2, 4):
        await store.runs.commit(claimed, batch(2, first=first), lease_ms=LEASE_MS)

    assert await indexes(store) == [-1, 0, 1, 2, 3, 4, 5]


async def test_a_thousand_events_and_results_fit_in_one_batch(store: Store) -> None:
    claimed = await claim_running(store)
    results = tuple(result(f"node-{number}") for number in range(1000))
    commit = Commit(first=EventIndex(0), events=events(1000), results=results)

    await store.runs.commit(claimed, commit, lease_ms=LEASE_MS)

    assert len(await indexes(store)) == 1001
    assert len((await store.runs.load(claimed)).results) == 1000


async def test_an_older_epoch_writes_nothing(store: Store) -> None:
    old = await claim_running(store)
    new = await claim(store)
    commit = Commit(
        first=EventIndex(0),
        events=events(2),
        results=(result(),),
        children=(born("child"),),
        error_count=1,
        active_ms=1,
    )

    with pytest.raises(Conflict):
        await store.runs.commit(old, commit, lease_ms=LEASE_MS)

    assert await indexes(store) == [-1]
    assert (await store.runs.load(new)).results == ()
    execution = await store.executions.read(ROOT)
    assert (execution.next_index, execution.error_count, execution.active_ms) == (0, 0, 0)
    with pytest.raises(NotFound):
        await store.executions.read(ExecutionId("child"))


async def test_an_older_epoch_cannot_end_the_slice(store: Store) -> None:
    old = await claim_running(store)
    await claim(store)

    with pytest.raises(Conflict):
        await store.runs.commit(old, batch(1, end=ending()), lease_ms=LEASE_MS)

    assert (await store.executions.read(ROOT)).status is Status.RUNNING


async def test_an_older_epoch_cannot_repeat_what_the_newer_one_wrote(store: Store) -> None:
    old = await claim_running(store)
    new = await claim(store)
    await store.runs.commit(new, batch(1), lease_ms=LEASE_MS)

    with pytest.raises(Conflict):
        await store.runs.commit(old, batch(1), lease_ms=LEASE_MS)


@pytest.mark.parametrize("first", [0, 1, 3, 7])
async def test_a_batch_that_leaves_a_gap_or_overlaps_is_refused(store: Store, first: int) -> None:
    claimed = await claim_running(store)
    await store.runs.commit(claimed, batch(2), lease_ms=LEASE_MS)

    with pytest.raises(Conflict):
        await store.runs.commit(claimed, batch(3, first=first), lease_ms=LEASE_MS)

    assert await indexes(store) == [-1, 0, 1]


async def test_a_batch_whose_reply_was_lost_is_there_once(store: Store) -> None:
    claimed = await claim_running(store)
    commit = Commit(first=EventIndex(0), events=events(2), results=(result(),), error_count=1, active_ms=5)
    await store.runs.commit(claimed, commit, lease_ms=LEASE_MS)

    reply = await store.runs.commit(claimed, commit, lease_ms=LEASE_MS)

    assert reply.landed
    assert await indexes(store) == [-1, 0, 1]
    execution = await store.executions.read(ROOT)
    assert (execution.error_count, execution.active_ms) == (1, 5)


async def test_a_batch_repeated_while_the_first_is_still_on_its_way_is_there_once(store: Store) -> None:
    claimed = await claim_running(store)

    replies = await asyncio.gather(
        *(store.runs.commit(claimed, batch(100), lease_ms=LEASE_MS) for _ in range(3))
    )

    assert all(reply.landed for reply in replies)
    assert await indexes(store) == list(range(-1, 100))


async def test_the_reply_tells_the_pending_command_and_the_signals(store: Store) -> None:
    claimed = await claim_running(store)
    quiet = await store.runs.commit(claimed, batch(1), lease_ms=LEASE_MS)

    await store.executions.command(ROOT, PAUSE)
    reply = await store.runs.commit(claimed, batch(1, first=1), lease_ms=LEASE_MS)

    assert (quiet.command, quiet.signal_seq) == (None, 1)
    assert (reply.landed, reply.command, reply.signal_seq) == (True, PAUSE, 2)


async def test_a_heartbeat_tells_the_pending_command_too(store: Store) -> None:
    claimed = await claim_running(store)
    await store.executions.command(ROOT, STOP)

    reply = await store.runs.commit(claimed, batch(), lease_ms=LEASE_MS)

    assert (reply.landed, reply.command) == (True, STOP)
    assert await indexes(store) == [-1]


async def test_errors_and_time_add_up(store: Store) -> None:
    claimed = await claim_running(store)

    for first in (0, 1):
        commit = Commit(first=EventIndex(first), events=(event(first),), error_count=2, active_ms=30)
        await store.runs.commit(claimed, commit, lease_ms=LEASE_MS)

    execution = await store.executions.read(ROOT)
    assert (execution.error_count, execution.active_ms) == (4, 60)


async def test_a_node_that_starts_and_ends_in_one_batch_has_its_end_as_result(store: Store) -> None:
    claimed = await claim_running(store)
    results = (result(status=ResultStatus.STARTED), result(status=ResultStatus.FAILED))

    await store.runs.commit(claimed, Commit(first=EventIndex(0), results=results), lease_ms=LEASE_MS)

    (loaded,) = (await store.runs.load(claimed)).results
    assert loaded.status is ResultStatus.FAILED


async def test_children_are_born_with_the_commit_that_emits_them(store: Store) -> None:
    claimed = await claim_running(store)
    commit = Commit(first=EventIndex(0), events=events(1), children=(born("a"), born("b")))

    await store.runs.commit(claimed, commit, lease_ms=LEASE_MS)

    children = await store.executions.children(ROOT)
    assert [(child.id, child.status) for child in children] == [
        ("a", Status.CREATED),
        ("b", Status.CREATED),
    ]
    assert await store.event_log.read(ExecutionId("a"), after=EventIndex(-2), limit=2) == [created_event()]


async def test_a_child_emitted_again_stays_as_it_is(store: Store) -> None:
    claimed = await claim_running(store)
    await store.runs.commit(claimed, Commit(first=EventIndex(0), children=(born("a"),)), lease_ms=LEASE_MS)
    child = await claim(store, "a")
    await store.runs.commit(child, batch(2), lease_ms=LEASE_MS)

    again = Commit(first=EventIndex(0), events=events(1), children=(born("a"), born("b")))
    await store.runs.commit(claimed, again, lease_ms=LEASE_MS)

    assert await indexes(store, "a") == [-1, 0, 1]
    assert [found.id for found in await store.executions.children(ROOT)] == ["a", "b"]
