"""What every Overdue must do, fake or real."""

import asyncio
from dataclasses import replace

import pytest

from chaingraph.errors import Conflict
from chaingraph.execution.commands import CommandKind, Reach
from chaingraph.execution.commits import SliceEnd, Waiting
from chaingraph.execution.options import ExecutionOptions, OnNodeFailure
from chaingraph.execution.slots import SlotLimits
from chaingraph.execution.status import Status
from chaingraph.ids import ExecutionId, TaskToken, WorkerId, WorkflowRun
from chaingraph.interfaces import Stall, Stalled, TakenOver
from tests.contract.builders import (
    DOCUMENT,
    LEASE_MS,
    PAUSE,
    ROOT,
    RUN,
    STOP,
    batch,
    born,
    claim,
    claim_running,
    create,
    create_running,
    created_event,
    ended_workflow,
    finish,
    new_root,
)
from tests.contract.stores import Store

pytestmark = pytest.mark.anyio

ALREADY = 0
IN_AN_HOUR = 3_600_000
LONG_AGO_MS = 1_000
FAR_AWAY_MS = 4_000_000_000_000
TOKEN = TaskToken("token")


async def stalled(store: Store, older_than_ms: int = ALREADY) -> list[ExecutionId]:
    return [found.execution_id for found in await all_stalled(store, older_than_ms)]


async def all_stalled(store: Store, older_than_ms: int = ALREADY, *, limit: int = 9) -> list[Stalled]:
    return await store.overdue.stalled(older_than_ms=older_than_ms, start_timeout_ms=IN_AN_HOUR, limit=limit)


async def wait(store: Store, *, until_ms: int | None = None) -> None:
    """A slice of a running execution ends; it waits with a token."""
    waiting = SliceEnd(status=None, seen_seq=1, waiting=Waiting("sleeping", until_ms=until_ms))
    await store.runs.commit(await claim(store), batch(end=waiting), lease_ms=LEASE_MS)
    await store.mailbox.keep(TOKEN, ROOT, RUN)


async def test_a_waiting_execution_with_an_unseen_signal_is_found(store: Store) -> None:
    await create(store)
    await store.mailbox.keep(TOKEN, ROOT, RUN)
    await store.mailbox.signal(ROOT)

    assert await store.overdue.unseen_signals(older_than_ms=ALREADY, limit=9) == [ROOT]
    assert await store.overdue.unseen_signals(older_than_ms=IN_AN_HOUR, limit=9) == []


async def test_two_tokens_of_one_execution_are_one_find(store: Store) -> None:
    await create(store)
    await store.mailbox.keep(TOKEN, ROOT, RUN)
    await store.mailbox.keep(TaskToken("second"), ROOT, RUN)
    await store.mailbox.signal(ROOT)

    assert await store.overdue.unseen_signals(older_than_ms=ALREADY, limit=9) == [ROOT]


async def test_without_a_token_or_a_signal_nothing_is_unseen(store: Store) -> None:
    await create(store, new_root("no-token"))
    await store.mailbox.signal(ExecutionId("no-token"))
    await create(store, new_root("no-signal"))
    await store.mailbox.keep(TOKEN, ExecutionId("no-signal"), RUN)

    assert await store.overdue.unseen_signals(older_than_ms=ALREADY, limit=9) == []


async def test_an_open_execution_without_a_token_has_stalled(store: Store) -> None:
    await create_running(store)

    assert await all_stalled(store) == [Stalled(ROOT, RUN, Stall.NO_WORKFLOW)]


async def test_what_was_touched_lately_has_not_stalled(store: Store) -> None:
    await create_running(store)

    assert await stalled(store, IN_AN_HOUR) == []


async def test_what_somebody_works_on_has_not_stalled(store: Store) -> None:
    await create_running(store)
    await claim(store)

    assert await stalled(store) == []


async def test_what_nobody_works_on_any_more_has_stalled(store: Store) -> None:
    await create_running(store)
    await claim(store, lease_ms=0)

    assert await stalled(store) == [ROOT]


async def test_what_waits_without_end_has_not_stalled(store: Store) -> None:
    await create_running(store)
    await wait(store)

    assert await stalled(store) == []


async def test_a_token_of_a_wait_that_is_over_does_not_count(store: Store) -> None:
    await create_running(store)
    await wait(store)
    await store.runs.commit(await claim(store), batch(end=SliceEnd(None, 1)), lease_ms=LEASE_MS)

    assert await all_stalled(store) == [Stalled(ROOT, RUN, Stall.NO_WORKFLOW)]


async def test_a_token_counts_until_its_signal_was_seen(store: Store) -> None:
    await create_running(store)
    await wait(store)
    await store.mailbox.signal(ROOT)

    assert await stalled(store) == []


async def test_what_waits_for_its_start_has_not_stalled_before_the_time_for_that_is_over(
    store: Store,
) -> None:
    await create(store)
    await store.mailbox.keep(TOKEN, ROOT, RUN)

    assert await stalled(store) == []
    assert await store.overdue.stalled(older_than_ms=ALREADY, start_timeout_ms=ALREADY, limit=9) == [
        Stalled(ROOT, RUN, Stall.WAIT_OVER)
    ]


async def test_what_waits_for_a_time_to_come_has_not_stalled(store: Store) -> None:
    await create_running(store)
    await wait(store, until_ms=FAR_AWAY_MS)

    assert await stalled(store) == []


async def test_what_waits_for_a_time_that_is_over_has_stalled(store: Store) -> None:
    await create_running(store)
    await wait(store, until_ms=LONG_AGO_MS)

    assert await stalled(store) == [ROOT]


async def test_a_token_of_an_older_workflow_run_does_not_count(store: Store) -> None:
    await create_running(store)
    await wait(store)
    await store.overdue.take_over(ended_workflow())

    assert await all_stalled(store) == [Stalled(ROOT, WorkflowRun(2), Stall.NO_WORKFLOW)]


async def test_an_ended_execution_has_not_stalled(store: Store) -> None:
    await create_running(store)
    await finish(store)

    assert await stalled(store) == []


async def test_a_child_waits_as_long_as_its_parent_is_only_created(store: Store) -> None:
    await store.executions.create(
        new_root(), document=DOCUMENT, created=created_event(), idempotency=None, children=[born("child")]
    )

    assert await stalled(store) == [ROOT]
    await store.executions.start(ROOT)
    assert sorted(await stalled(store)) == ["child", ROOT]


async def test_no_more_are_given_than_asked_for(store: Store) -> None:
    for name in "abc":
        await create(store, new_root(name))

    assert len(await all_stalled(store, limit=2)) == 2


async def test_why_it_has_stalled_is_told(store: Store) -> None:
    for name in ("dead", "lost", "late"):
        await create_running(store, name)
    await claim(store, "dead", lease_ms=0)
    late = SliceEnd(status=None, seen_seq=1, waiting=Waiting("sleeping", until_ms=LONG_AGO_MS))
    await store.runs.commit(await claim(store, "late"), batch(end=late), lease_ms=LEASE_MS)
    await store.mailbox.keep(TOKEN, ExecutionId("late"), RUN)

    found = await all_stalled(store)

    assert {stalled.execution_id: stalled.reason for stalled in found} == {
        "dead": Stall.LEASE_EXPIRED,
        "lost": Stall.NO_WORKFLOW,
        "late": Stall.WAIT_OVER,
    }


async def test_a_lease_that_is_over_needs_no_further_age(store: Store) -> None:
    await create_running(store)
    await claim(store, lease_ms=0)

    assert await stalled(store, IN_AN_HOUR) == [ROOT]


async def test_who_stands_in_line_has_not_stalled(store: Store) -> None:
    one = SlotLimits(in_all=1, of_owner=1)
    await store.executions.create(
        new_root(), document=DOCUMENT, created=created_event(), idempotency=None, children=[born("child")]
    )
    await store.executions.start(ROOT)
    for name in (ROOT, ExecutionId("child")):
        await store.runs.claim(
            name, workflow_run=RUN, worker_id=WorkerId("one"), lease_ms=LEASE_MS, slots=one
        )
    await store.mailbox.keep(TOKEN, ExecutionId("child"), RUN)

    assert await stalled(store) == []


async def test_the_next_workflow_run_follows_the_current_one_only(store: Store) -> None:
    await create_running(store)

    assert await store.overdue.take_over(ended_workflow()) == TakenOver(WorkflowRun(2), failures=1)
    assert await store.overdue.take_over(ended_workflow()) is None
    assert (await store.executions.read(ROOT)).workflow_run == 2


async def test_of_two_that_take_over_at_once_one_does(store: Store) -> None:
    await create_running(store)

    taken = await asyncio.gather(*(store.overdue.take_over(ended_workflow()) for _ in range(4)))

    assert [found is None for found in taken].count(False) == 1


async def test_an_ended_or_unknown_execution_is_not_taken_over(store: Store) -> None:
    await create_running(store)
    await finish(store)

    assert await store.overdue.take_over(ended_workflow()) is None
    assert await store.overdue.take_over(ended_workflow("nobody")) is None


@pytest.mark.parametrize("reason", [Stall.LEASE_EXPIRED, Stall.NO_WORKFLOW, Stall.WAIT_OVER])
async def test_what_was_claimed_meanwhile_is_not_taken_over(store: Store, reason: Stall) -> None:
    await create_running(store)
    await claim(store)

    assert await store.overdue.take_over(Stalled(ROOT, RUN, reason)) is None


async def test_the_end_of_a_workflow_run_takes_its_slice_along(store: Store) -> None:
    claimed = await claim_running(store)

    await store.overdue.take_over(ended_workflow())

    with pytest.raises(Conflict):
        await store.runs.commit(claimed, batch(1), lease_ms=LEASE_MS)


async def test_a_slice_that_was_taken_over_writes_nothing_more(store: Store) -> None:
    await create_running(store)
    late = await claim(store, lease_ms=0)

    await store.overdue.take_over(Stalled(ROOT, RUN, Stall.LEASE_EXPIRED))

    with pytest.raises(Conflict):
        await store.runs.commit(late, batch(1), lease_ms=LEASE_MS)


async def test_only_deaths_count_as_failures(store: Store) -> None:
    await create_running(store)
    reasons = [Stall.NO_WORKFLOW, Stall.WAIT_OVER, Stall.LEASE_EXPIRED, Stall.WORKFLOW_ENDED]

    taken = [
        await store.overdue.take_over(Stalled(ROOT, WorkflowRun(run), reason))
        for run, reason in enumerate(reasons, 1)
    ]

    assert [found and found.failures for found in taken] == [0, 0, 1, 2]


async def wait_for_children(store: Store) -> None:
    waiting = SliceEnd(status=None, seen_seq=1, waiting=Waiting("children", detail="2"))
    born_now = replace(batch(end=waiting), children=(born("first"), born("second")))
    await store.runs.commit(await claim(store), born_now, lease_ms=LEASE_MS)


async def done_waiting(store: Store, older_than_ms: int = ALREADY) -> list[ExecutionId]:
    return await store.overdue.done_waiting(older_than_ms=older_than_ms, limit=9)


async def test_a_parent_whose_last_child_has_ended_is_done_waiting(store: Store) -> None:
    await create_running(store)
    await wait_for_children(store)
    await finish(store, "first", seen=0)

    before = await done_waiting(store)
    await finish(store, "second", Status.FAILED, seen=0)

    assert before == []
    assert await done_waiting(store) == [ROOT]
    assert await done_waiting(store, IN_AN_HOUR) == []


async def test_a_parent_that_was_told_or_is_at_work_is_not_done_waiting(store: Store) -> None:
    await create_running(store)
    await wait_for_children(store)
    await finish(store, "first", seen=0)
    await finish(store, "second", seen=0)

    await store.mailbox.signal(ROOT)
    told = await done_waiting(store)
    await claim(store)

    assert (told, await done_waiting(store)) == ([], [])


async def test_where_a_failure_ends_the_flow_one_failed_child_is_enough(store: Store) -> None:
    options = ExecutionOptions(on_node_failure=OnNodeFailure.FAIL)
    await create(store, replace(new_root(), options=options))
    await store.executions.start(ROOT)
    await wait_for_children(store)

    await finish(store, "first", Status.FAILED, seen=0)

    assert await done_waiting(store) == [ROOT]


async def unheard_stops(store: Store, older_than_ms: int = ALREADY) -> list[ExecutionId]:
    return await store.overdue.unheard_stops(older_than_ms=older_than_ms, limit=9)


async def test_children_that_were_not_told_of_the_stop_of_their_tree_are_found(store: Store) -> None:
    await create_running(store)
    await wait_for_children(store)
    await store.executions.command(ExecutionId("first"), STOP)

    await store.executions.command(ROOT, replace(STOP, reach=Reach.TREE))
    pending = await unheard_stops(store)
    stopped = SliceEnd(Status.STOPPED, seen_seq=2, takes_command=CommandKind.STOP)
    await store.runs.commit(await claim(store), batch(1, end=stopped), lease_ms=LEASE_MS)

    assert pending == await unheard_stops(store) == ["second"]
    assert await unheard_stops(store, IN_AN_HOUR) == []
    await finish(store, "second", seen=0)
    assert await unheard_stops(store) == []


async def test_children_of_what_was_stopped_or_paused_otherwise_go_on(store: Store) -> None:
    await create_running(store)
    await wait_for_children(store)

    await store.executions.command(ROOT, replace(PAUSE, reach=Reach.TREE))
    paused = await unheard_stops(store)
    await store.executions.command(ROOT, STOP)

    assert (paused, await unheard_stops(store)) == ([], [])
