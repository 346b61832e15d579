"""What every Runs must do, fake or real: the commit that ends a slice."""

import asyncio

import pytest

from chaingraph.errors import Conflict
from chaingraph.execution.commands import CommandKind
from chaingraph.execution.commits import Claim, Commit, SliceEnd, Waiting
from chaingraph.execution.status import Status
from chaingraph.ids import EventIndex, NodeId, WorkerId, WorkflowRun
from tests.contract.builders import (
    LEASE_MS,
    PAUSE,
    RESUME,
    ROOT,
    STOP,
    batch,
    claim,
    claim_running,
    ending,
    indexes,
    result,
)
from tests.contract.stores import Store

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, Status.STOPPED])
async def test_the_last_event_and_the_status_land_together(store: Store, status: Status) -> None:
    claimed = await claim_running(store)

    await store.runs.commit(claimed, batch(2, end=ending(status)), lease_ms=LEASE_MS)

    execution = await store.executions.read(ROOT)
    assert (execution.status, execution.next_index) == (status, 2)
    assert execution.completed_at is not None
    assert execution.started_at is not None
    assert execution.completed_at >= execution.started_at
    assert await indexes(store) == [-1, 0, 1]


async def test_nothing_is_written_after_the_end(store: Store) -> None:
    claimed = await claim_running(store)
    await store.runs.commit(claimed, batch(1, end=ending()), lease_ms=LEASE_MS)

    with pytest.raises(Conflict):
        await store.runs.commit(claimed, batch(1, first=1), lease_ms=LEASE_MS)
    with pytest.raises(Conflict):
        await store.runs.commit(claimed, batch(first=1), lease_ms=LEASE_MS)

    assert await indexes(store) == [-1, 0]


async def test_an_end_whose_reply_was_lost_has_landed_once(store: Store) -> None:
    claimed = await claim_running(store)
    end = SliceEnd(status=None, seen_seq=1, continues_as_new_run=True)
    commit = Commit(first=EventIndex(0), active_ms=5, end=end)
    await store.runs.commit(claimed, commit, lease_ms=LEASE_MS)

    reply = await store.runs.commit(claimed, commit, lease_ms=LEASE_MS)

    assert reply.landed
    execution = await store.executions.read(ROOT)
    assert (execution.workflow_run, execution.active_ms) == (2, 5)


async def test_an_end_repeated_while_the_first_is_still_on_its_way_lands_once(store: Store) -> None:
    claimed = await claim_running(store)

    replies = await asyncio.gather(
        *(store.runs.commit(claimed, batch(1, end=ending()), lease_ms=LEASE_MS) for _ in range(3))
    )

    assert all(reply.landed for reply in replies)
    assert await indexes(store) == [-1, 0]


async def test_an_end_is_refused_while_a_command_is_unseen(store: Store) -> None:
    claimed = await claim_running(store)
    await store.executions.command(ROOT, STOP)
    commit = Commit(
        first=EventIndex(0), events=batch(1).events, results=(result(),), active_ms=9, end=ending()
    )

    reply = await store.runs.commit(claimed, commit, lease_ms=LEASE_MS)

    assert (reply.landed, reply.command, reply.signal_seq) == (False, STOP, 2)
    execution = await store.executions.read(ROOT)
    assert (execution.status, execution.next_index, execution.active_ms) == (Status.RUNNING, 0, 0)
    assert (await store.runs.load(claimed)).results == ()


async def test_an_end_is_refused_while_a_signal_is_unseen(store: Store) -> None:
    claimed = await claim_running(store)
    await store.mailbox.signal(ROOT)

    reply = await store.runs.commit(claimed, batch(1, end=ending()), lease_ms=LEASE_MS)

    assert (reply.landed, reply.signal_seq) == (False, 2)


async def test_a_refused_end_may_be_followed_by_another_one(store: Store) -> None:
    claimed = await claim_running(store)
    await store.executions.command(ROOT, STOP)
    await store.runs.commit(claimed, batch(1, end=ending()), lease_ms=LEASE_MS)

    stopped = SliceEnd(status=Status.STOPPED, seen_seq=2, takes_command=CommandKind.STOP)
    reply = await store.runs.commit(claimed, batch(1, end=stopped), lease_ms=LEASE_MS)

    execution = await store.executions.read(ROOT)
    assert reply.landed
    assert (execution.status, execution.command) == (Status.STOPPED, None)


async def test_a_resume_that_cleared_a_pause_keeps_it_from_pausing(store: Store) -> None:
    claimed = await claim_running(store)
    await store.executions.command(ROOT, PAUSE)
    await store.runs.commit(claimed, batch(), lease_ms=LEASE_MS)
    await store.executions.command(ROOT, RESUME)

    paused = SliceEnd(status=Status.PAUSED, seen_seq=2, takes_command=CommandKind.PAUSE)
    reply = await store.runs.commit(claimed, batch(1, end=paused), lease_ms=LEASE_MS)

    assert (reply.landed, reply.command) == (False, None)
    assert (await store.executions.read(ROOT)).status is Status.RUNNING


async def test_a_stop_that_replaced_a_pause_is_not_lost(store: Store) -> None:
    claimed = await claim_running(store)
    await store.executions.command(ROOT, PAUSE)
    await store.executions.command(ROOT, STOP)

    paused = SliceEnd(status=Status.PAUSED, seen_seq=2, takes_command=CommandKind.PAUSE)
    reply = await store.runs.commit(claimed, batch(1, end=paused), lease_ms=LEASE_MS)

    assert (reply.landed, reply.command) == (False, STOP)


async def test_a_command_that_was_seen_and_not_obeyed_stays(store: Store) -> None:
    claimed = await claim_running(store)
    await store.executions.command(ROOT, PAUSE)

    await store.runs.commit(claimed, batch(1, end=ending(None, seen=2)), lease_ms=LEASE_MS)

    assert (await store.executions.read(ROOT)).command == PAUSE


async def test_the_end_of_the_execution_clears_a_command_that_was_seen(store: Store) -> None:
    claimed = await claim_running(store)
    await store.executions.command(ROOT, PAUSE)

    await store.runs.commit(claimed, batch(1, end=ending(seen=2)), lease_ms=LEASE_MS)

    execution = await store.executions.read(ROOT)
    assert (execution.status, execution.command) == (Status.COMPLETED, None)


async def test_the_reason_of_a_wait_is_shown(store: Store) -> None:
    claimed = await claim_running(store)
    waiting = Waiting("sleeping", until_ms=1_767_225_600_000)

    end = SliceEnd(status=None, seen_seq=1, waiting=waiting)
    await store.runs.commit(claimed, batch(end=end), lease_ms=LEASE_MS)

    shown = (await store.executions.read(ROOT)).waiting
    assert shown == {"kind": "sleeping", "untilMs": 1_767_225_600_000}


async def test_while_somebody_works_on_it_an_execution_waits_for_nothing(store: Store) -> None:
    waiting = SliceEnd(status=None, seen_seq=1, waiting=Waiting("children"))
    await store.runs.commit(await claim_running(store), batch(end=waiting), lease_ms=LEASE_MS)

    await claim(store)

    assert (await store.executions.read(ROOT)).waiting is None


async def test_the_next_end_replaces_the_reason_of_a_wait(store: Store) -> None:
    waiting = SliceEnd(status=None, seen_seq=1, waiting=Waiting("children"))
    await store.runs.commit(await claim_running(store), batch(end=waiting), lease_ms=LEASE_MS)

    await store.runs.commit(await claim(store), batch(1, end=ending()), lease_ms=LEASE_MS)

    assert (await store.executions.read(ROOT)).waiting is None


async def test_the_first_error_is_told(store: Store) -> None:
    claimed = await claim_running(store)
    end = SliceEnd(status=Status.FAILED, seen_seq=1, error_message="é \0 🦊", error_node_id=NodeId("node-1"))

    await store.runs.commit(claimed, batch(1, end=end), lease_ms=LEASE_MS)

    execution = await store.executions.read(ROOT)
    assert (execution.error_message, execution.error_node_id) == ("é \N{REPLACEMENT CHARACTER} 🦊", "node-1")


async def test_a_later_end_without_an_error_keeps_the_one_before(store: Store) -> None:
    failing = SliceEnd(status=None, seen_seq=1, error_message="broken", error_node_id=NodeId("node-1"))
    await store.runs.commit(await claim_running(store), batch(1, end=failing), lease_ms=LEASE_MS)

    await store.runs.commit(await claim(store), batch(1, first=1, end=ending()), lease_ms=LEASE_MS)

    execution = await store.executions.read(ROOT)
    assert (execution.error_message, execution.error_node_id) == ("broken", "node-1")


async def test_an_execution_may_continue_as_a_new_workflow_run(store: Store) -> None:
    claimed = await claim_running(store)

    end = SliceEnd(status=None, seen_seq=1, continues_as_new_run=True)
    await store.runs.commit(claimed, batch(1, end=end), lease_ms=LEASE_MS)

    later = await store.runs.claim(
        ROOT, workflow_run=WorkflowRun(2), worker_id=WorkerId("two"), lease_ms=LEASE_MS
    )
    assert isinstance(later, Claim)
    assert later.workflow_run == 2


async def test_an_execution_that_only_waits_is_not_over(store: Store) -> None:
    claimed = await claim_running(store)

    await store.runs.commit(claimed, batch(1, end=ending(None)), lease_ms=LEASE_MS)

    assert (await store.executions.read(ROOT)).completed_at is None
