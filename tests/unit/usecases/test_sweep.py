from datetime import timedelta

import pytest

from chaingraph.execution.commands import Command, CommandKind, Reach
from chaingraph.execution.commits import Claim, Commit, SliceEnd, Waiting
from chaingraph.execution.execution import ExternalEvent
from chaingraph.ids import ConnectionId, EventIndex, WorkerId, WorkflowRun
from chaingraph.usecases.sweep import (
    close_unidentified,
    remove_orphans,
    stop_left_behind,
    wake_parents,
    wake_unseen,
)
from tests.scene import ALICE, Scene, execution_request, scene_with_execution, scene_with_flow

pytestmark = pytest.mark.anyio


async def woken(scene: Scene) -> int:
    return await wake_unseen(
        overdue=scene.store.overdue, mailbox=scene.store.mailbox, workflows=scene.workflows
    )


async def test_a_signal_that_woke_nobody_is_repeated() -> None:
    scene, execution_id = await scene_with_execution()
    token = await scene.wait("token", execution_id)
    await scene.store.executions.start(execution_id)
    scene.store.world.clock.advance(timedelta(seconds=6))

    count = await woken(scene)

    assert count == 1
    assert token in scene.workflows.completed


async def test_a_task_that_waits_without_a_signal_goes_on_waiting() -> None:
    scene, execution_id = await scene_with_execution()
    await scene.wait("token", execution_id)
    scene.store.world.clock.advance(timedelta(seconds=6))

    assert await woken(scene) == 0


async def test_a_parent_that_no_child_has_told_of_its_end_is_woken() -> None:
    scene, execution_id = await scene_with_execution()
    await scene.store.executions.start(execution_id)
    claim = await scene.store.runs.claim(
        execution_id, workflow_run=WorkflowRun(1), worker_id=WorkerId("one"), lease_ms=1000
    )
    assert isinstance(claim, Claim)
    waiting = SliceEnd(None, seen_seq=1, waiting=Waiting("children"))
    await scene.store.runs.commit(claim, Commit(EventIndex(0), end=waiting), lease_ms=1000)
    token = await scene.wait("token", execution_id)
    scene.store.world.clock.advance(timedelta(seconds=6))

    count = await wake_parents(
        overdue=scene.store.overdue, mailbox=scene.store.mailbox, workflows=scene.workflows
    )

    assert count == 1
    assert token in scene.workflows.completed


async def test_a_stop_of_a_tree_whose_sender_died_on_the_way_reaches_everyone_below() -> None:
    scene = await scene_with_flow()
    root_id = await scene.create(execution_request(events=(ExternalEvent("a", 1), ExternalEvent("b", 2))))
    (child,) = await scene.store.executions.children(root_id)
    token = await scene.wait("token", child.id)
    stop = Command(CommandKind.STOP, ALICE.id, "enough", Reach.TREE)
    await scene.store.executions.command(root_id, stop)
    scene.store.world.clock.advance(timedelta(seconds=6))

    count = await stop_left_behind(overdue=scene.store.overdue, outside=scene.outside)

    assert count == 1
    assert (await scene.store.executions.read(child.id)).command == stop
    assert token in scene.workflows.completed
    assert await stop_left_behind(overdue=scene.store.overdue, outside=scene.outside) == 0


async def test_connections_that_do_not_say_who_they_are_are_closed() -> None:
    scene = Scene()
    silent, known, fresh = (ConnectionId(name) for name in ("silent", "known", "fresh"))
    await scene.store.connections.add(silent, user=None, announces_identity=True)
    await scene.store.connections.add(known, user=ALICE, announces_identity=False)
    scene.store.world.clock.advance(timedelta(seconds=11))
    await scene.store.connections.add(fresh, user=None, announces_identity=False)

    count = await close_unidentified(
        scene.store.world.clock.now(),
        timeout_seconds=10,
        connections=scene.store.connections,
        posts=scene.posts,
    )

    assert count == 1
    assert scene.posts.closed == [silent]
    assert set(scene.store.world.connections) == {known, fresh}


async def test_connections_whose_end_was_never_told_are_removed() -> None:
    scene = Scene()
    old, young = ConnectionId("old"), ConnectionId("young")
    await scene.store.connections.add(old, user=ALICE, announces_identity=False)
    scene.store.world.clock.advance(timedelta(hours=1, minutes=30))
    await scene.store.connections.add(young, user=ALICE, announces_identity=False)
    scene.store.world.clock.advance(timedelta(minutes=50))

    count = await remove_orphans(scene.store.world.clock.now(), connections=scene.store.connections)

    assert count == 1
    assert set(scene.store.world.connections) == {young}
    assert scene.posts.closed == []
