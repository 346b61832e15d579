from datetime import timedelta

import pytest

from chaingraph.execution.commits import Claim, Commit, SliceEnd, Waiting
from chaingraph.ids import ConnectionId, EventIndex, WorkerId, WorkflowRun
from chaingraph.usecases.sweep import close_unidentified, restart, restart_stalled, wake_parents, wake_unseen
from tests.scene import ALICE, Scene, scene_with_execution

pytestmark = pytest.mark.anyio


async def woken(scene: Scene) -> int:
    return await wake_unseen(
        overdue=scene.store.overdue, mailbox=scene.store.mailbox, workflows=scene.workflows
    )


async def restarted(scene: Scene) -> int:
    return await restart_stalled(older_than_ms=60_000, overdue=scene.store.overdue, workflows=scene.workflows)


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


async def test_an_execution_whose_workflow_was_never_started_gets_one() -> None:
    scene, execution_id = await scene_with_execution()
    scene.workflows.started.clear()
    scene.store.world.clock.advance(timedelta(seconds=61))

    count = await restarted(scene)

    assert count == 1
    assert list(scene.workflows.started) == [f"{execution_id}-2"]


async def test_a_restart_that_did_not_reach_the_workflow_service_is_repeated() -> None:
    scene, execution_id = await scene_with_execution()
    scene.store.world.clock.advance(timedelta(seconds=61))
    scene.workflows.is_available = False
    assert await restarted(scene) == 0
    scene.workflows.is_available = True
    scene.store.world.clock.advance(timedelta(seconds=61))

    await restarted(scene)

    assert f"{execution_id}-3" in scene.workflows.started


async def test_an_open_execution_whose_workflow_ended_gets_another_one() -> None:
    scene, execution_id = await scene_with_execution()

    was_restarted = await restart(
        execution_id, WorkflowRun(1), overdue=scene.store.overdue, workflows=scene.workflows
    )

    assert was_restarted
    assert scene.workflows.started[f"{execution_id}-2"].wait_seconds == 0


async def test_the_end_of_an_older_workflow_run_restarts_nothing() -> None:
    scene, execution_id = await scene_with_execution()
    await scene.store.overdue.next_run(execution_id, WorkflowRun(1))

    was_restarted = await restart(
        execution_id, WorkflowRun(1), overdue=scene.store.overdue, workflows=scene.workflows
    )

    assert not was_restarted


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
