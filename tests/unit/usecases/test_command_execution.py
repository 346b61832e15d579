from dataclasses import replace

import pytest

from chaingraph.errors import Forbidden, Unavailable, WrongStatus
from chaingraph.execution.commands import Command, CommandKind, Reach
from chaingraph.execution.execution import Execution, ExternalEvent
from chaingraph.execution.status import Status
from chaingraph.ids import ExecutionId
from chaingraph.usecases.command_execution import command_execution, command_tree, open_descendants
from tests.fakes.executions import FakeExecutions
from tests.scene import ALICE, BOB, Scene, execution_request, scene_with_execution, scene_with_flow

pytestmark = pytest.mark.anyio

STOP = Command(CommandKind.STOP, ALICE.id, "enough")
PAUSE = Command(CommandKind.PAUSE, ALICE.id, "coffee")
RESUME = Command(CommandKind.RESUME, ALICE.id, "")


async def pending(scene: Scene, execution_id: ExecutionId) -> Command | None:
    return (await scene.store.executions.read(execution_id)).command


async def family() -> tuple[Scene, ExecutionId, ExecutionId]:
    scene = await scene_with_flow()
    root_id = await scene.create(execution_request(events=(ExternalEvent("a", 1), ExternalEvent("b", 2))))
    (child,) = await scene.store.executions.children(root_id)
    return scene, root_id, child.id


async def test_a_command_is_stored_and_wakes_the_waiting_task() -> None:
    scene, execution_id = await scene_with_execution()
    token = await scene.wait("token", execution_id)

    await command_execution(execution_id, STOP, ALICE, post=scene.post)

    assert await pending(scene, execution_id) == STOP
    assert token in scene.workflows.completed


async def test_a_pause_needs_a_running_execution() -> None:
    scene, execution_id = await scene_with_execution()

    with pytest.raises(WrongStatus, match=Status.CREATED):
        await command_execution(execution_id, PAUSE, ALICE, post=scene.post)

    assert await pending(scene, execution_id) is None


async def test_a_resume_clears_a_pause_that_is_not_obeyed_yet() -> None:
    scene, execution_id = await scene_with_execution()
    await scene.store.executions.start(execution_id)
    await command_execution(execution_id, PAUSE, ALICE, post=scene.post)

    await command_execution(execution_id, RESUME, ALICE, post=scene.post)

    assert await pending(scene, execution_id) is None


async def test_somebody_elses_execution_takes_no_command() -> None:
    scene, execution_id = await scene_with_execution()

    with pytest.raises(Forbidden):
        await command_tree(execution_id, STOP, BOB, post=scene.post)

    assert await pending(scene, execution_id) is None


async def test_a_tree_is_stopped_with_its_open_descendants() -> None:
    scene, root_id, child_id = await family()
    token = await scene.wait("child", child_id)

    await command_tree(root_id, STOP, ALICE, post=scene.post)

    assert await pending(scene, child_id) == replace(STOP, reach=Reach.TREE)
    assert token in scene.workflows.completed


async def test_a_command_may_be_meant_for_one_execution_alone() -> None:
    scene, root_id, child_id = await family()

    await command_execution(root_id, STOP, ALICE, post=scene.post)

    assert await pending(scene, child_id) is None


async def test_a_descendant_in_another_status_is_left_alone() -> None:
    scene, root_id, child_id = await family()
    await scene.store.executions.start(root_id)

    await command_tree(root_id, PAUSE, ALICE, post=scene.post)

    assert await pending(scene, root_id) == replace(PAUSE, reach=Reach.TREE)
    assert await pending(scene, child_id) is None


class DiesOnTheWay(FakeExecutions):
    """Nothing answers any more once the root has its command."""

    async def tree(self, root_id: ExecutionId) -> list[Execution]:
        raise Unavailable(f"the tree of {root_id} cannot be read")


async def paused_family() -> tuple[Scene, ExecutionId, ExecutionId]:
    scene, root_id, child_id = await family()
    for execution_id in (root_id, child_id):
        await scene.store.executions.start(execution_id)
    await command_tree(root_id, PAUSE, ALICE, post=scene.post)
    return scene, root_id, child_id


async def resume_and_die(scene: Scene, execution_id: ExecutionId) -> None:
    dying = replace(scene.post, executions=DiesOnTheWay(scene.store.world))
    with pytest.raises(Unavailable):
        await command_tree(execution_id, RESUME, ALICE, post=dying)


async def repeat_resume(scene: Scene, execution_id: ExecutionId) -> None:
    with pytest.raises(WrongStatus, match="is running"):
        await command_tree(execution_id, RESUME, ALICE, post=scene.post)


async def test_a_repeated_resume_reaches_whom_the_first_one_did_not() -> None:
    scene, root_id, child_id = await paused_family()
    await resume_and_die(scene, root_id)
    before = await pending(scene, child_id)

    await repeat_resume(scene, root_id)

    assert (before, await pending(scene, child_id)) == (replace(PAUSE, reach=Reach.TREE), None)


async def test_a_resume_of_a_tree_reaches_those_too_that_were_paused_alone() -> None:
    scene, root_id, child_id = await family()
    for execution_id in (root_id, child_id):
        await scene.store.executions.start(execution_id)
        await command_execution(execution_id, PAUSE, ALICE, post=scene.post)

    await command_tree(root_id, RESUME, ALICE, post=scene.post)

    assert await pending(scene, child_id) is None


@pytest.mark.parametrize("is_repeated_before", [False, True])
async def test_who_is_paused_after_a_resume_has_reached_all_stays_paused_when_it_is_repeated(
    *, is_repeated_before: bool
) -> None:
    scene, root_id, child_id = await paused_family()
    if is_repeated_before:
        await resume_and_die(scene, root_id)
        await repeat_resume(scene, root_id)
    else:
        await command_tree(root_id, RESUME, ALICE, post=scene.post)
    await command_execution(child_id, PAUSE, ALICE, post=scene.post)

    for execution_id in (root_id, root_id):
        await repeat_resume(scene, execution_id)

    assert await pending(scene, child_id) == PAUSE


async def test_a_descendant_that_was_resumed_with_its_tree_owes_nothing_to_those_below_it() -> None:
    scene, root_id, child_id = await paused_family()

    await command_tree(root_id, RESUME, ALICE, post=scene.post)

    tree = await scene.store.executions.tree(root_id)
    assert [(each.id, each.unfinished_resume) for each in tree] == [(root_id, None), (child_id, None)]


@pytest.mark.parametrize("command", [STOP, PAUSE], ids=["stop", "pause"])
async def test_a_repeated_command_reaches_whom_the_first_one_did_not(command: Command) -> None:
    scene, root_id, child_id = await family()
    for execution_id in (root_id, child_id):
        await scene.store.executions.start(execution_id)
    dying = replace(scene.post, executions=DiesOnTheWay(scene.store.world))
    with pytest.raises(Unavailable):
        await command_tree(root_id, command, ALICE, post=dying)
    before = await pending(scene, child_id)

    with pytest.raises(WrongStatus, match=f"pending {command.kind}"):
        await command_tree(root_id, command, ALICE, post=scene.post)

    assert (before, await pending(scene, child_id)) == (None, replace(command, reach=Reach.TREE))


async def test_a_stop_that_is_refused_after_one_for_the_root_alone_leaves_the_children() -> None:
    scene, root_id, child_id = await family()
    await command_execution(root_id, STOP, ALICE, post=scene.post)

    with pytest.raises(WrongStatus):
        await command_tree(root_id, STOP, ALICE, post=scene.post)

    assert await pending(scene, child_id) is None


async def test_a_resume_that_is_refused_after_one_for_the_root_alone_leaves_the_children() -> None:
    scene, root_id, child_id = await paused_family()
    await command_execution(root_id, RESUME, ALICE, post=scene.post)

    await repeat_resume(scene, root_id)

    assert await pending(scene, child_id) == replace(PAUSE, reach=Reach.TREE)


async def test_a_resume_that_is_refused_leaves_the_children() -> None:
    scene, root_id, child_id = await family()
    for execution_id in (root_id, child_id):
        await scene.store.executions.start(execution_id)
    await command_execution(child_id, PAUSE, ALICE, post=scene.post)

    with pytest.raises(WrongStatus):
        await command_tree(root_id, RESUME, ALICE, post=scene.post)

    assert await pending(scene, child_id) == PAUSE


async def test_a_child_is_stopped_without_its_parent() -> None:
    scene, root_id, child_id = await family()

    await command_tree(child_id, STOP, ALICE, post=scene.post)

    assert await pending(scene, root_id) is None


async def test_a_descendant_that_was_never_started_gets_a_workflow_that_obeys() -> None:
    scene, root_id, child_id = await family()

    await command_tree(root_id, STOP, ALICE, post=scene.post)

    assert scene.workflows.started[f"{child_id}-1"].wait_seconds == 0


async def test_descendants_that_have_ended_are_passed_over_but_not_what_is_below_them() -> None:
    scene, root_id, child_id = await family()
    root, child = await scene.store.executions.tree(root_id)
    ended = replace(child, status=Status.COMPLETED)
    below = replace(child, id=ExecutionId("EXbelow"), parent_id=child_id, depth=2)
    beside = replace(child, id=ExecutionId("EXbeside"), parent_id=ExecutionId("EXother"))

    assert open_descendants(root_id, [root, ended, beside, below]) == [below]
