import pytest

from chaingraph.errors import Conflict
from chaingraph.ids import ExecutionId, WorkflowRun
from chaingraph.interfaces import Stall, Stalled
from chaingraph.usecases.record_failure import (
    DeadSlice,
    GiveUp,
    RunAgain,
    Verdict,
    back_off_seconds,
    record_failure,
)
from tests.scene import Scene, scene_with_execution

pytestmark = pytest.mark.anyio


async def failing(scene: Scene, execution_id: ExecutionId, run: int = 1) -> Verdict:
    dead = DeadSlice(execution_id, WorkflowRun(run), "Lambda.Unknown", "killed")
    return await record_failure(dead, runs=scene.store.runs, most=3)


async def test_a_dead_slice_is_followed_by_another_one_later_and_later() -> None:
    scene, execution_id = await scene_with_execution()

    verdicts = [await failing(scene, execution_id) for _ in range(2)]

    assert verdicts == [RunAgain(0), RunAgain(1)]


async def test_too_many_dead_slices_end_the_execution() -> None:
    scene, execution_id = await scene_with_execution()
    for _ in range(2):
        await failing(scene, execution_id)

    verdict = await failing(scene, execution_id)

    assert verdict == GiveUp("3 attempts to run it died; the last one: Lambda.Unknown: killed")


async def test_a_dead_slice_of_an_older_workflow_run_does_not_count() -> None:
    scene, execution_id = await scene_with_execution()
    await scene.store.overdue.take_over(Stalled(execution_id, WorkflowRun(1), Stall.WORKFLOW_ENDED))

    with pytest.raises(Conflict):
        await failing(scene, execution_id, run=1)


def test_the_pause_between_tries_is_bounded() -> None:
    assert [back_off_seconds(count) for count in (1, 2, 3, 4, 100)] == [0, 1, 2, 4, 60]
