import pytest

from chaingraph.errors import Forbidden, NotFound, WrongStatus
from chaingraph.execution.execution import ExternalEvent
from chaingraph.execution.status import Status
from chaingraph.ids import ExecutionId
from chaingraph.interfaces import User
from chaingraph.usecases.start_execution import start_execution
from tests.scene import ALICE, BOB, Scene, execution_request, scene_with_execution, scene_with_flow

pytestmark = pytest.mark.anyio


async def start(scene: Scene, execution_id: ExecutionId, user: User = ALICE) -> None:
    await start_execution(
        execution_id,
        user,
        executions=scene.store.executions,
        mailbox=scene.store.mailbox,
        workflows=scene.workflows,
    )


async def test_a_started_execution_runs_and_its_waiting_task_goes_on() -> None:
    scene, execution_id = await scene_with_execution()
    token = await scene.wait("token", execution_id)

    await start(scene, execution_id)

    assert (await scene.store.executions.read(execution_id)).status is Status.RUNNING
    assert scene.workflows.completed == {token: {"next": "run"}}
    assert await scene.store.mailbox.tokens(execution_id) == []


async def test_a_token_that_nobody_waits_for_any_more_is_forgotten() -> None:
    scene, execution_id = await scene_with_execution()
    await scene.workflows.complete(await scene.wait("used", execution_id), {})
    waiting = await scene.wait("waiting", execution_id)

    await start(scene, execution_id)

    assert waiting in scene.workflows.completed
    assert await scene.store.mailbox.tokens(execution_id) == []


async def test_of_two_starts_one_wins() -> None:
    scene, execution_id = await scene_with_execution()
    await start(scene, execution_id)

    with pytest.raises(WrongStatus, match="running"):
        await start(scene, execution_id)


async def test_somebody_elses_execution_cannot_be_started() -> None:
    scene, execution_id = await scene_with_execution()

    with pytest.raises(Forbidden):
        await start(scene, execution_id, BOB)

    assert (await scene.store.executions.read(execution_id)).status is Status.CREATED


async def test_an_unknown_execution_cannot_be_started() -> None:
    with pytest.raises(NotFound):
        await start(Scene(), ExecutionId("EXnone"))


async def test_children_for_further_events_start_with_their_root() -> None:
    scene = await scene_with_flow()
    root_id = await scene.create(execution_request(events=(ExternalEvent("a", 1), ExternalEvent("b", 2))))
    (child,) = await scene.store.executions.children(root_id)

    await start(scene, root_id)

    assert scene.workflows.started[f"{child.id}-1"].wait_seconds == 0


async def test_a_start_is_one_although_nobody_could_be_woken() -> None:
    scene = await scene_with_flow()
    root_id = await scene.create(execution_request(events=(ExternalEvent("a", 1), ExternalEvent("b", 2))))
    token = await scene.wait("token", root_id)
    scene.workflows.is_available = False

    await start(scene, root_id)

    assert (await scene.store.executions.read(root_id)).status is Status.RUNNING
    assert await scene.store.mailbox.tokens(root_id) == [token]
