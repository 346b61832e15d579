from dataclasses import replace

import orjson
import pytest

from chaingraph.errors import Conflict, Forbidden, NotFound, Rejected
from chaingraph.execution.events import CREATED_INDEX
from chaingraph.execution.execution import ExternalEvent
from chaingraph.execution.status import Status
from chaingraph.graph.catalogue import new_node_document
from chaingraph.graph.document import load_flow
from chaingraph.graph.node_types import NodeTypes
from chaingraph.ids import EventIndex, FlowId
from chaingraph.nodes.basic_values import NumberNode
from chaingraph.usecases.checked_flows import CheckedFlows, flow_hash
from tests.scene import ADMIN, ALICE, BOB, FLOW, Scene, document, execution_request, rules, scene_with_flow

pytestmark = pytest.mark.anyio


async def test_the_stream_of_a_created_execution_exists() -> None:
    scene = await scene_with_flow()

    execution_id = await scene.create()

    (created,) = await scene.store.event_log.read(execution_id, after=EventIndex(-2), limit=10)
    assert (created.index, created.type) == (CREATED_INDEX, "execution:created")
    assert orjson.loads(created.payload) == {
        "executionId": execution_id,
        "flowId": FLOW,
        "flowMetadata": {"name": "Test"},
        "ownerId": "alice",
        "rootExecutionId": execution_id,
        "parentExecutionId": None,
        "executionDepth": 0,
    }


async def test_an_execution_keeps_the_flow_as_it_was_at_create() -> None:
    scene = await scene_with_flow()
    execution_id = await scene.create()

    await scene.store.flows.update(FLOW, version=1, name="New", document=document(name="New"))

    execution = await scene.store.executions.read(execution_id)
    assert execution.flow_hash == flow_hash(document())
    assert await scene.store.executions.pinned_document(execution.flow_hash) == document()


async def test_the_workflow_waits_for_the_start() -> None:
    scene = await scene_with_flow()

    execution_id = await scene.create()

    assert scene.workflows.started[f"{execution_id}-1"].wait_seconds == 60


async def test_an_execution_is_there_although_its_workflow_cannot_be_started() -> None:
    scene = await scene_with_flow()
    scene.workflows.is_available = False

    execution_id = await scene.create()

    assert (await scene.store.executions.read(execution_id)).status is Status.CREATED
    assert scene.workflows.started == {}


async def test_an_execution_belongs_to_the_owner_of_the_flow() -> None:
    scene = await scene_with_flow()

    execution_id = await scene.create(user=ADMIN)

    assert (await scene.store.executions.read(execution_id)).owner_id == ALICE.id


async def test_somebody_elses_flow_cannot_be_executed() -> None:
    scene = await scene_with_flow()

    with pytest.raises(Forbidden, match="belongs to somebody else"):
        await scene.create(user=BOB)

    assert scene.store.world.records == {}


async def test_a_flow_that_is_not_there_cannot_be_executed() -> None:
    with pytest.raises(NotFound):
        await Scene().create()


async def test_a_flow_with_problems_is_refused_with_all_of_them() -> None:
    scene = Scene()
    broken = orjson.dumps(
        {"id": FLOW, "metadata": {"name": 1}, "nodes": [{"id": "a"}, {"id": "b"}], "edges": []}
    )
    await scene.store.flows.create(FlowId(FLOW), owner_id=ALICE.id, name="Broken", document=broken)

    with pytest.raises(Rejected) as refusal:
        await scene.create()

    paths = {problem.path for problem in refusal.value.problems}
    assert any(path.startswith("nodes[0]") for path in paths)
    assert any(path.startswith("nodes[1]") for path in paths)
    assert scene.store.world.records == {}


async def test_a_breakpoint_names_a_node_of_the_flow() -> None:
    scene = await scene_with_flow()

    with pytest.raises(Rejected) as refusal:
        await scene.create(execution_request(options={"breakpoints": ["a", "b"]}))

    assert [problem.path for problem in refusal.value.problems] == [
        "options.breakpoints[0]",
        "options.breakpoints[1]",
    ]


async def test_a_breakpoint_is_kept() -> None:
    scene = Scene()
    number = new_node_document(NumberNode, "number")
    text = orjson.dumps({"id": FLOW, "nodes": [number], "edges": []})
    await scene.store.flows.create(FLOW, owner_id=ALICE.id, name="One node", document=text)
    known = NodeTypes.of(NumberNode)
    scene.rules = replace(scene.rules, checked_flows=CheckedFlows(lambda found: load_flow(found, known)))

    execution_id = await scene.create(execution_request(options={"breakpoints": ["number"]}))

    assert (await scene.store.executions.read(execution_id)).options.breakpoints == ("number",)


async def test_limits_that_a_request_leaves_out_are_those_of_the_system() -> None:
    scene = await scene_with_flow()
    scene.rules = replace(scene.rules, limits=scene.rules.limits.model_copy(update={"max_concurrency": 7}))

    execution_id = await scene.create(execution_request(options={"execution": {"nodeTimeoutMs": 5}}))

    limits = (await scene.store.executions.read(execution_id)).options.execution
    assert (limits.max_concurrency, limits.node_timeout_ms) == (7, 5)


async def test_the_same_key_with_the_same_request_gives_the_same_execution() -> None:
    scene = await scene_with_flow()
    first = await scene.create(execution_request("EX1", key="k", integration={"a": 1, "b": 2}))

    second = await scene.create(execution_request("EX2", key="k", integration={"b": 2, "a": 1}))

    assert second == first
    assert list(scene.store.world.records) == [first]
    assert list(scene.workflows.started) == [f"{first}-1"]


async def test_the_same_key_with_another_request_is_refused() -> None:
    scene = await scene_with_flow()
    await scene.create(execution_request("EX1", key="k"))

    with pytest.raises(Conflict):
        await scene.create(execution_request("EX2", key="k", options={"debug": True}))

    assert list(scene.store.world.records) == ["EX1"]


async def test_the_same_key_gives_the_execution_of_a_flow_that_was_deleted() -> None:
    scene = await scene_with_flow()
    first = await scene.create(execution_request("EX1", key="k"))
    await scene.store.flows.delete(FLOW)

    assert await scene.create(execution_request("EX2", key="k")) == first
    assert await scene.create(execution_request("EX3", key="k"), ADMIN) == first
    with pytest.raises(Conflict):
        await scene.create(execution_request("EX4", key="k", options={"debug": True}))
    with pytest.raises(NotFound):
        await scene.create(execution_request("EX5", key="another"))
    with pytest.raises(NotFound):
        await scene.create(execution_request("EX6", key="k"), BOB)


async def test_the_same_key_gives_the_execution_of_a_flow_that_was_spoilt() -> None:
    scene = await scene_with_flow()
    first = await scene.create(execution_request("EX1", key="k"))
    await scene.store.flows.update(FLOW, version=1, name="Broken", document=b'{"nodes": [{"id": "a"}]}')

    assert await scene.create(execution_request("EX2", key="k")) == first


async def test_a_repeated_creation_starts_the_workflow_that_the_first_one_could_not() -> None:
    scene = await scene_with_flow()
    scene.workflows.is_available = False
    first = await scene.create(execution_request("EX1", key="k"))
    scene.workflows.is_available = True

    await scene.create(execution_request("EX2", key="k"))

    assert list(scene.workflows.started) == [f"{first}-1"]


async def test_the_key_of_another_owner_is_another_key() -> None:
    scene = await scene_with_flow()
    await scene.flow("V2bobs", BOB)
    first = await scene.create(execution_request("EX1", key="k"))

    second = await scene.create(replace(execution_request("EX2", key="k"), flow_id=FlowId("V2bobs")), BOB)

    assert (first, second) == ("EX1", "EX2")


async def test_the_first_event_is_the_roots_and_each_further_one_gets_a_child() -> None:
    scene = await scene_with_flow()
    events = tuple(ExternalEvent(name, {"n": name}) for name in ("a", "b", "c"))

    root_id = await scene.create(execution_request(events=events))

    root, *children = await scene.store.executions.tree(root_id)
    assert root.external_event == events[0]
    assert {child.external_event.name for child in children if child.external_event} == {"b", "c"}
    assert {(child.parent_id, child.root_id, child.depth) for child in children} == {(root_id, root_id, 1)}
    for child in children:
        (created,) = await scene.store.event_log.read(child.id, after=EventIndex(-2), limit=10)
        assert orjson.loads(created.payload)["parentExecutionId"] == root_id


async def test_children_for_further_events_wait_for_the_start_of_their_root() -> None:
    scene = await scene_with_flow()

    root_id = await scene.create(execution_request(events=(ExternalEvent("a", 1), ExternalEvent("b", 2))))

    assert list(scene.workflows.started) == [f"{root_id}-1"]


async def test_more_events_than_children_are_allowed_are_refused() -> None:
    scene = await scene_with_flow()
    scene.rules = rules(max_children=1)
    events = tuple(ExternalEvent("e", place) for place in range(3))

    with pytest.raises(Rejected, match="at most 2 events"):
        await scene.create(execution_request(events=events))

    assert scene.store.world.records == {}
