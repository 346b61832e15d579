import asyncio
from datetime import timedelta

import orjson
import pytest

from chaingraph.execution.commits import Claim, Commit
from chaingraph.execution.results import ResultStatus, StoredResult
from chaingraph.execution.status import Status
from chaingraph.ids import EventIndex, ExecutionId, NodeId, TaskToken, WorkerId, WorkflowRun
from chaingraph.usecases.take_over import Rescuer, take_over_ended, take_over_stalled
from tests.scene import Scene, scene_with_execution

pytestmark = pytest.mark.anyio

FIRST = WorkflowRun(1)


def rescuer(scene: Scene, most: int = 5) -> Rescuer:
    return Rescuer(scene.outside, scene.store.overdue, WorkerId("sweeper"), most)


async def swept(scene: Scene, most: int = 5) -> int:
    return await take_over_stalled(
        older_than_ms=60_000, start_timeout_ms=60_000, rescuer=rescuer(scene, most)
    )


async def ended(scene: Scene, execution_id: ExecutionId, run: int = 1, most: int = 5) -> bool:
    return await take_over_ended(execution_id, WorkflowRun(run), rescuer=rescuer(scene, most))


async def claimed(scene: Scene, execution_id: ExecutionId, run: int = 1) -> Claim:
    claim = await scene.store.runs.claim(
        execution_id, workflow_run=WorkflowRun(run), worker_id=WorkerId("one"), lease_ms=1000
    )
    assert isinstance(claim, Claim)
    return claim


async def test_an_execution_whose_workflow_was_never_started_gets_one() -> None:
    scene, execution_id = await scene_with_execution()
    scene.workflows.started.clear()
    scene.store.world.clock.advance(timedelta(seconds=61))

    count = await swept(scene)

    assert count == 1
    assert list(scene.workflows.started) == [f"{execution_id}-2"]


async def test_a_workflow_that_could_not_be_started_is_started_by_the_next_sweep() -> None:
    scene, execution_id = await scene_with_execution()
    scene.store.world.clock.advance(timedelta(seconds=61))
    scene.workflows.is_available = False
    await swept(scene)
    scene.workflows.is_available = True
    scene.store.world.clock.advance(timedelta(seconds=61))

    await swept(scene)

    assert f"{execution_id}-3" in scene.workflows.started


async def test_an_execution_that_somebody_works_on_is_left_alone() -> None:
    scene, execution_id = await scene_with_execution()
    await scene.store.executions.start(execution_id)
    await claimed(scene, execution_id)

    assert await swept(scene) == 0


async def test_an_execution_whose_slice_died_and_was_not_replaced_goes_on_in_a_new_run() -> None:
    scene, execution_id = await scene_with_execution()
    await scene.store.executions.start(execution_id)
    await claimed(scene, execution_id)
    scene.store.world.clock.advance(timedelta(seconds=2))

    await swept(scene)

    (recovery,) = scene.store.world.recoveries
    assert f"{execution_id}-2" in scene.workflows.started
    assert (recovery.reason, recovery.previous_status, recovery.previous_worker_id) == (
        "lease-expired",
        Status.RUNNING,
        "one",
    )


async def test_an_open_execution_whose_workflow_ended_gets_another_one_at_once() -> None:
    scene, execution_id = await scene_with_execution()

    assert await ended(scene, execution_id)
    assert scene.workflows.started[f"{execution_id}-2"].wait_seconds == 0


async def test_the_end_of_an_older_workflow_run_restarts_nothing() -> None:
    scene, execution_id = await scene_with_execution()
    await ended(scene, execution_id)

    assert not await ended(scene, execution_id)


async def test_two_sweeps_at_once_start_one_workflow() -> None:
    scene, execution_id = await scene_with_execution()
    scene.workflows.started.clear()
    scene.store.world.clock.advance(timedelta(seconds=61))

    counts = await asyncio.gather(swept(scene), swept(scene))

    assert sum(counts) == 1
    assert list(scene.workflows.started) == [f"{execution_id}-2"]


async def test_an_execution_that_dies_again_and_again_is_given_up() -> None:
    scene, execution_id = await scene_with_execution()
    await scene.store.executions.start(execution_id)

    for run in range(1, 4):
        await ended(scene, execution_id, run, most=3)

    execution = await scene.store.executions.read(execution_id)
    last = scene.store.world.record(execution_id).events[-1]
    reason = "3 attempts to run it died; at last its workflow ended before it did"
    assert (execution.status, execution.error_message) == (Status.FAILED, reason)
    assert (last.type, orjson.loads(last.payload)["error"]["message"]) == ("flow:failed", reason)
    assert f"{execution_id}-4" not in scene.workflows.started


async def test_giving_up_that_died_halfway_is_done_by_the_next_sweep() -> None:
    scene, execution_id = await scene_with_execution()
    await scene.store.executions.start(execution_id)
    for run in range(1, 4):
        await ended(scene, execution_id, run, most=5)
    scene.store.world.clock.advance(timedelta(seconds=61))

    await swept(scene, most=3)

    assert (await scene.store.executions.read(execution_id)).status is Status.FAILED


async def test_a_node_that_came_to_an_end_between_two_deaths_starts_the_count_again() -> None:
    scene, execution_id = await scene_with_execution()
    await scene.store.executions.start(execution_id)
    await ended(scene, execution_id, 1, most=2)
    result = StoredResult(NodeId("n"), ResultStatus.COMPLETED, 1, b"{}")
    commit = Commit(EventIndex(0), results=(result,))
    await scene.store.runs.commit(await claimed(scene, execution_id, 2), commit, lease_ms=1000)

    await ended(scene, execution_id, 2, most=2)

    assert (await scene.store.executions.read(execution_id)).status is Status.RUNNING


async def test_what_never_came_to_run_is_never_given_up() -> None:
    scene, execution_id = await scene_with_execution()
    await scene.store.executions.start(execution_id)

    for _ in range(5):
        scene.store.world.clock.advance(timedelta(seconds=61))
        await swept(scene, most=2)

    assert (await scene.store.executions.read(execution_id)).status is Status.RUNNING
    assert f"{execution_id}-6" in scene.workflows.started


async def test_a_run_that_still_waits_although_it_was_taken_over_is_woken() -> None:
    scene, execution_id = await scene_with_execution()
    waiting = TaskToken("token")
    scene.workflows.wait(waiting, execution_id, FIRST)
    await scene.store.mailbox.keep(waiting, execution_id, FIRST)

    await ended(scene, execution_id)

    assert list(scene.workflows.completed) == [waiting]
    assert await scene.store.mailbox.tokens(execution_id) == []
