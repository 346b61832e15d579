import pytest

from chaingraph.ids import ExecutionId, TaskToken, WorkflowRun
from chaingraph.interfaces import Stall, Stalled
from chaingraph.usecases.await_signal import Wait, await_signal
from tests.scene import Scene, scene_with_execution

pytestmark = pytest.mark.anyio


async def waiting(scene: Scene, execution_id: ExecutionId, run: int = 1) -> TaskToken:
    token = TaskToken("token")
    scene.workflows.wait(token, execution_id, WorkflowRun(run))
    await await_signal(
        Wait(execution_id, WorkflowRun(run), token),
        mailbox=scene.store.mailbox,
        executions=scene.store.executions,
        workflows=scene.workflows,
    )
    return token


async def test_a_task_waits_as_long_as_no_signal_has_come() -> None:
    scene, execution_id = await scene_with_execution()

    token = await waiting(scene, execution_id)

    assert scene.workflows.completed == {}
    assert await scene.store.mailbox.tokens(execution_id) == [token]


async def test_a_signal_that_came_before_the_token_wakes_it() -> None:
    scene, execution_id = await scene_with_execution()
    await scene.store.executions.start(execution_id)

    token = await waiting(scene, execution_id)

    assert scene.workflows.completed == {token: {"next": "run"}}
    assert await scene.store.mailbox.tokens(execution_id) == []


async def test_a_task_of_an_older_workflow_run_is_done() -> None:
    scene, execution_id = await scene_with_execution()
    await scene.store.overdue.take_over(Stalled(execution_id, WorkflowRun(1), Stall.WORKFLOW_ENDED))

    token = await waiting(scene, execution_id, run=1)

    assert scene.workflows.completed == {token: {"next": "done"}}


async def test_a_task_of_an_execution_that_is_not_there_is_done() -> None:
    scene = Scene()

    token = await waiting(scene, ExecutionId("EXnone"))

    assert scene.workflows.completed == {token: {"next": "done"}}
