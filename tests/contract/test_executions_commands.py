"""What every Executions must do, fake or real: the start and the commands, each a compare-and-set."""

import asyncio
from dataclasses import replace

import pytest

from chaingraph.errors import NotFound, WrongStatus
from chaingraph.execution.commands import Command, CommandKind, Reach
from chaingraph.execution.commits import SliceEnd
from chaingraph.execution.status import Status
from chaingraph.ids import ExecutionId, NodeId
from tests.contract.builders import (
    ALICE,
    PAUSE,
    RESUME,
    ROOT,
    STOP,
    batch,
    claim,
    create,
    create_running,
    finish,
    pause,
)
from tests.contract.stores import Store

pytestmark = pytest.mark.anyio


async def pending(store: Store) -> Command | None:
    return (await store.executions.read(ROOT)).command


async def signals(store: Store) -> int:
    return (await store.runs.load(await claim(store))).signal_seq


async def test_a_start_makes_it_run(store: Store) -> None:
    await create(store)

    await store.executions.start(ROOT)

    execution = await store.executions.read(ROOT)
    assert execution.status is Status.RUNNING
    assert execution.started_at is not None
    assert execution.started_at >= execution.created_at
    assert await signals(store) == 1


async def test_of_two_starts_one_wins_and_the_other_is_told_the_status(store: Store) -> None:
    await create(store)

    endings = await asyncio.gather(
        store.executions.start(ROOT), store.executions.start(ROOT), return_exceptions=True
    )

    (refusal,) = (ending for ending in endings if ending is not None)
    assert isinstance(refusal, WrongStatus)
    assert "running" in refusal.message
    assert await signals(store) == 1


async def test_an_execution_that_is_to_stop_does_not_start(store: Store) -> None:
    await create(store)
    await store.executions.command(ROOT, STOP)

    with pytest.raises(WrongStatus, match="stop"):
        await store.executions.start(ROOT)


async def test_an_unknown_execution_takes_nothing(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.executions.start(ExecutionId("nobody"))
    with pytest.raises(NotFound):
        await store.executions.command(ExecutionId("nobody"), STOP)


@pytest.mark.parametrize("command", [STOP, PAUSE], ids=["stop", "pause"])
async def test_a_running_execution_takes_a_command(store: Store, command: Command) -> None:
    await create_running(store)

    await store.executions.command(ROOT, command)

    assert await pending(store) == command
    assert (await store.executions.read(ROOT)).status is Status.RUNNING
    assert await signals(store) == 2


@pytest.mark.parametrize("command", [PAUSE, RESUME], ids=["pause", "resume"])
async def test_a_created_execution_takes_a_stop_only(store: Store, command: Command) -> None:
    await create(store)

    with pytest.raises(WrongStatus, match="created"):
        await store.executions.command(ROOT, command)
    await store.executions.command(ROOT, STOP)
    assert await pending(store) == STOP


async def test_a_running_execution_cannot_be_resumed(store: Store) -> None:
    await create_running(store)

    with pytest.raises(WrongStatus, match="running"):
        await store.executions.command(ROOT, RESUME)


async def test_a_resume_clears_a_pause_that_is_not_yet_obeyed(store: Store) -> None:
    await create_running(store)
    await store.executions.command(ROOT, PAUSE)

    await store.executions.command(ROOT, RESUME)

    assert await pending(store) is None
    assert await signals(store) == 3


async def test_a_paused_execution_may_be_resumed_once(store: Store) -> None:
    await create_running(store)
    await pause(store)

    await store.executions.command(ROOT, RESUME)

    assert await pending(store) == RESUME
    with pytest.raises(WrongStatus, match="paused"):
        await store.executions.command(ROOT, RESUME)


async def test_a_paused_execution_cannot_be_paused(store: Store) -> None:
    await create_running(store)
    await pause(store)

    with pytest.raises(WrongStatus, match="paused"):
        await store.executions.command(ROOT, PAUSE)


async def test_a_second_pause_is_refused(store: Store) -> None:
    await create_running(store)
    await store.executions.command(ROOT, PAUSE)

    with pytest.raises(WrongStatus, match="pause"):
        await store.executions.command(ROOT, PAUSE)


async def test_a_stop_replaces_a_pause(store: Store) -> None:
    await create_running(store)
    await store.executions.command(ROOT, PAUSE)

    await store.executions.command(ROOT, STOP)

    assert await pending(store) == STOP


async def test_a_stop_replaces_a_resume(store: Store) -> None:
    await create_running(store)
    await pause(store)
    await store.executions.command(ROOT, RESUME)

    await store.executions.command(ROOT, STOP)

    assert await pending(store) == STOP


@pytest.mark.parametrize("command", [STOP, PAUSE, RESUME], ids=["stop", "pause", "resume"])
async def test_nothing_replaces_a_stop(store: Store, command: Command) -> None:
    await create_running(store)
    await store.executions.command(ROOT, STOP)

    with pytest.raises(WrongStatus, match="stop"):
        await store.executions.command(ROOT, command)


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, Status.STOPPED])
async def test_an_ended_execution_takes_nothing(store: Store, status: Status) -> None:
    await create_running(store)
    await finish(store, status=status)

    for command in (STOP, PAUSE, RESUME):
        with pytest.raises(WrongStatus, match=status):
            await store.executions.command(ROOT, command)
    with pytest.raises(WrongStatus, match=status):
        await store.executions.start(ROOT)


async def test_of_two_stops_one_wins(store: Store) -> None:
    await create_running(store)

    endings = await asyncio.gather(
        *(store.executions.command(ROOT, STOP) for _ in range(2)), return_exceptions=True
    )

    assert [type(ending) for ending in endings if ending] == [WrongStatus]


async def test_a_reason_may_hold_any_character(store: Store) -> None:
    await create_running(store)

    await store.executions.command(ROOT, Command(STOP.kind, STOP.by, "é 🦊 %s \\ '"))

    command = await pending(store)
    assert command is not None
    assert command.reason == "é 🦊 %s \\ '"


async def test_a_breakpoint_is_set_once_and_taken_away(store: Store) -> None:
    await create_running(store)

    for _ in range(2):
        await store.executions.set_breakpoint(ROOT, NodeId("b"))
    await store.executions.set_breakpoint(ROOT, NodeId("a"))
    await store.executions.clear_breakpoint(ROOT, NodeId("b"))
    await store.executions.clear_breakpoint(ROOT, NodeId("b"))

    assert (await store.executions.read(ROOT)).options.breakpoints == ("a",)
    assert await signals(store) == 6


async def test_after_the_end_the_breakpoints_stay_as_they_are(store: Store) -> None:
    await create_running(store)
    await finish(store)
    ended = await store.executions.read(ROOT)

    for change in (store.executions.set_breakpoint, store.executions.clear_breakpoint):
        with pytest.raises(WrongStatus, match="completed"):
            await change(ROOT, NodeId("b"))

    assert await store.executions.read(ROOT) == ended


async def test_an_unknown_execution_has_no_breakpoints(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.executions.set_breakpoint(ExecutionId("nobody"), NodeId("b"))


async def test_whom_a_command_is_for_is_kept_until_it_goes_on(store: Store) -> None:
    await create_running(store)

    await store.executions.command(ROOT, replace(PAUSE, reach=Reach.TREE))
    pending = await store.executions.read(ROOT)
    await pause_now(store)
    paused = await store.executions.read(ROOT)
    await store.executions.command(ROOT, replace(RESUME, reach=Reach.TREE))
    resumed = await store.executions.read(ROOT)

    assert pending.command == replace(PAUSE, reach=Reach.TREE)
    assert (paused.status, paused.command, paused.reach) == (Status.PAUSED, None, Reach.TREE)
    assert resumed.reach is Reach.ALONE


async def pause_now(store: Store) -> None:
    end = SliceEnd(Status.PAUSED, 2, CommandKind.PAUSE)
    await store.runs.commit(await claim(store), batch(1, end=end), lease_ms=60_000)


TREE_RESUME = replace(RESUME, reach=Reach.TREE)


async def resume_tree(store: Store) -> int:
    """Take a pause back, for the whole tree; the number of that resume."""
    await store.executions.command(ROOT, PAUSE)
    await store.executions.command(ROOT, TREE_RESUME)
    number = (await store.executions.read(ROOT)).unfinished_resume
    assert number is not None
    return number


async def test_a_resume_of_a_tree_is_unfinished_until_it_is_finished(store: Store) -> None:
    await create_running(store)
    number = await resume_tree(store)

    await store.executions.finish_resume(ROOT, number)

    assert (await store.executions.read(ROOT)).unfinished_resume is None


async def test_who_finishes_an_earlier_resume_does_not_finish_the_last_one(store: Store) -> None:
    await create_running(store)
    earlier = await resume_tree(store)
    last = await resume_tree(store)

    await store.executions.finish_resume(ROOT, earlier)

    assert last > earlier
    assert (await store.executions.read(ROOT)).unfinished_resume == last


async def test_to_finish_a_resume_is_nothing_that_is_shown(store: Store) -> None:
    await create_running(store)
    number = await resume_tree(store)
    before = await store.executions.read(ROOT)

    await store.executions.finish_resume(ROOT, number)

    assert await store.executions.read(ROOT) == replace(before, unfinished_resume=None)
    assert await signals(store) == 3


@pytest.mark.parametrize("command", [STOP, PAUSE], ids=["stop", "pause"])
async def test_another_command_for_the_tree_takes_the_place_of_an_unfinished_resume(
    store: Store, command: Command
) -> None:
    await create_running(store)
    await resume_tree(store)

    await store.executions.command(ROOT, replace(command, reach=Reach.TREE))

    assert (await store.executions.read(ROOT)).unfinished_resume is None


async def test_what_is_said_to_the_root_alone_finishes_no_resume_of_its_tree(store: Store) -> None:
    await create_running(store)
    number = await resume_tree(store)

    for command in (PAUSE, RESUME, PAUSE, STOP):
        await store.executions.command(ROOT, command)

    assert (await store.executions.read(ROOT)).unfinished_resume == number


async def test_a_resume_that_is_refused_is_not_unfinished(store: Store) -> None:
    await create_running(store)

    with pytest.raises(WrongStatus):
        await store.executions.command(ROOT, TREE_RESUME)

    assert (await store.executions.read(ROOT)).unfinished_resume is None


async def test_a_signal_after_the_end_changes_nothing_that_is_shown(store: Store) -> None:
    await create_running(store)
    await finish(store)
    ended = await store.executions.read(ROOT)

    await store.mailbox.signal(ROOT)

    assert await store.executions.read(ROOT) == ended


STEP = Command(CommandKind.STEP, ALICE, "")
STEP_OVER = Command(CommandKind.STEP_OVER, ALICE, "")


@pytest.mark.parametrize("going_on", [RESUME, STEP, STEP_OVER], ids=["resume", "step", "step over"])
async def test_a_pause_clears_what_would_end_the_last_one(store: Store, going_on: Command) -> None:
    await create_running(store)
    await pause(store)
    await store.executions.command(ROOT, going_on)

    await store.executions.command(ROOT, replace(PAUSE, reach=Reach.TREE))

    row = await store.executions.read(ROOT)
    assert (row.status, row.command, row.reach) == (Status.PAUSED, None, Reach.TREE)
    with pytest.raises(WrongStatus, match="paused"):
        await store.executions.command(ROOT, PAUSE)


@pytest.mark.parametrize("step", [STEP, STEP_OVER], ids=["step", "step over"])
async def test_a_pause_replaces_a_step_that_is_being_done(store: Store, step: Command) -> None:
    await create_running(store)
    await pause(store)
    await store.executions.command(ROOT, step)
    going_on = SliceEnd(Status.RUNNING, 3)
    await store.runs.commit(await claim(store), batch(1, first=1, end=going_on), lease_ms=60_000)

    await store.executions.command(ROOT, PAUSE)

    assert await pending(store) == PAUSE
