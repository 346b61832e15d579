import pytest

from chaingraph.errors import Forbidden, NotFound
from chaingraph.execution.execution import ExternalEvent
from chaingraph.execution.status import Status
from chaingraph.interfaces import Page
from chaingraph.usecases.read_executions import (
    execution_details,
    executions_tree,
    list_executions,
    root_executions,
)
from tests.scene import ADMIN, ALICE, BOB, FLOW, execution_request, scene_with_execution, scene_with_flow

pytestmark = pytest.mark.anyio


async def test_the_owner_and_an_admin_see_an_execution_and_nobody_else() -> None:
    scene, execution_id = await scene_with_execution()
    executions = scene.store.executions

    for user in (ALICE, ADMIN):
        assert (await execution_details(execution_id, user, executions=executions)).id == execution_id
    with pytest.raises(Forbidden):
        await execution_details(execution_id, BOB, executions=executions)


async def test_a_tree_is_asked_for_by_its_root() -> None:
    scene = await scene_with_flow()
    root_id = await scene.create(execution_request(events=(ExternalEvent("a", 1), ExternalEvent("b", 2))))

    root, child = await executions_tree(root_id, ALICE, executions=scene.store.executions)

    assert (root.id, child.parent_id) == (root_id, root_id)
    with pytest.raises(NotFound, match=root_id):
        await executions_tree(child.id, ALICE, executions=scene.store.executions)


async def test_root_executions_come_newest_first_with_the_size_of_their_tree() -> None:
    scene = await scene_with_flow()
    events = (ExternalEvent("a", 1), ExternalEvent("b", 2))
    for execution_id in ("EX1", "EX2"):
        await scene.create(execution_request(execution_id, events=events))

    roots = await root_executions(
        FLOW, Page(10), ALICE, flows=scene.store.flows, executions=scene.store.executions
    )

    assert [(root.execution.id, root.levels, root.total_nested) for root in roots] == [
        ("EX2", 1, 2),
        ("EX1", 1, 2),
    ]


async def test_root_executions_of_somebody_elses_flow_are_not_shown() -> None:
    scene, _ = await scene_with_execution()

    with pytest.raises(Forbidden):
        await root_executions(FLOW, Page(10), BOB, flows=scene.store.flows, executions=scene.store.executions)


async def test_a_listing_may_ask_for_one_status() -> None:
    scene = await scene_with_flow()
    first, second = [await scene.create(execution_request(name)) for name in ("EX1", "EX2")]
    await scene.store.executions.start(second)

    found = {
        status: [
            execution.id
            for execution in await list_executions(Page(10), status, ALICE, executions=scene.store.executions)
        ]
        for status in (None, Status.CREATED, Status.RUNNING)
    }

    assert found == {None: [second, first], Status.CREATED: [first], Status.RUNNING: [second]}


async def test_a_listing_shows_only_what_is_theirs() -> None:
    scene, execution_id = await scene_with_execution()
    executions = scene.store.executions

    assert await list_executions(Page(10), None, BOB, executions=executions) == []
    (shown,) = await list_executions(Page(10), None, ADMIN, executions=executions)
    assert shown.id == execution_id
