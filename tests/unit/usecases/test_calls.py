"""Executions that call other flows, run slice by slice: children, their ends, what happens in between."""

from collections import Counter
from datetime import timedelta

import orjson
import pytest

from chaingraph.errors import Rejected
from chaingraph.execution.commands import Command, CommandKind, Reach
from chaingraph.execution.execution import Execution
from chaingraph.ids import ExecutionId, FlowId
from chaingraph.nodes.built_in import built_in_node_types
from chaingraph.testing import FlowDraft
from chaingraph.usecases.command_execution import command_tree
from chaingraph.usecases.sweep import tell_callers
from tests.scene import ALICE, BOB
from tests.sub_flows import CALLED, Doubling, calling, calling_itself, doubling, for_each, passing_on
from tests.waiting_flows import Waiting

pytestmark = pytest.mark.anyio


def system() -> Waiting:
    return Waiting(built_in_node_types().merged(FlowDraft([Doubling]).node_types))


async def calls(draft: FlowDraft, **flows: FlowDraft) -> tuple[Waiting, ExecutionId]:
    running = system()
    for flow_id, flow in {CALLED: doubling(), **flows}.items():
        await running.store_flow(flow, flow_id)
    return running, await running.started(draft)


async def children(running: Waiting, parent: ExecutionId) -> list[Execution]:
    return await running.scene.store.executions.children(parent)


async def all_run(running: Waiting, root: ExecutionId) -> None:
    """Slices of the whole tree until nothing is left to do."""
    while opened := [row for row in await tree(running, root) if row.completed_at is None]:
        for row in opened:
            await running.slice(row.id)


async def tree(running: Waiting, root: ExecutionId) -> list[Execution]:
    return await running.scene.store.executions.tree(root)


async def outputs(running: Waiting, execution_id: ExecutionId) -> object:
    (completed,) = await running.payloads(execution_id, "node:completed")
    return completed["values"]["outputs"]


async def test_a_caller_waits_for_its_child_which_is_of_another_flow() -> None:
    running, root = await calls(calling(n=3))

    verdict = await running.slice(root)

    assert verdict.next == "wait"
    assert (await running.read(root)).waiting == {"kind": "children"}
    (child,) = await children(running, root)
    assert (child.flow_id, child.depth, child.owner_id) == (CALLED, 1, ALICE.id)
    assert child.is_called
    assert f"{child.id}-1" in running.scene.workflows.started


async def test_the_end_of_the_child_wakes_its_caller_which_goes_on_with_what_it_returned() -> None:
    running, root = await calls(calling(n=3))
    await running.slice(root)
    token = await running.scene.wait("task", root)
    (child,) = await children(running, root)

    await running.slice(child.id)

    assert token in running.scene.workflows.completed
    assert (await running.slice(root)).next == "done"
    assert await outputs(running, root) == {"twice": 6}


async def test_slices_in_between_call_nobody_again_and_say_nothing() -> None:
    running, root = await calls(calling(n=3))
    await running.slice(root)
    types = await running.types(root)

    await running.slice(root)

    assert await running.types(root) == types
    assert len(await children(running, root)) == 1


async def test_flows_of_a_tree_are_those_of_its_beginning() -> None:
    running, root = await calls(calling("V2middle", n=5), V2middle=passing_on())
    for flow_id in ("V2middle", CALLED):
        await running.scene.store.flows.delete(FlowId(flow_id))

    await all_run(running, root)

    assert await outputs(running, root) == {"twice": 10}


async def test_each_end_stands_once_in_the_log_of_the_caller() -> None:
    running, root = await calls(for_each([*range(7)], concurrency=3))

    await all_run(running, root)

    spawned = await running.payloads(root, "child:spawned")
    completed = await running.payloads(root, "child:completed")
    assert Counter(event["childExecutionId"] for event in spawned) == Counter(
        event["childExecutionId"] for event in completed
    )
    assert len(completed) == 7


async def test_children_that_nobody_waits_for_any_more_end_before_their_caller_and_are_reported() -> None:
    """The first element fails the node while the second runs."""
    running, root = await calls(for_each([-1, 1], concurrency=2))
    await running.slice(root)
    await running.slice(child_of(running, 0))

    verdict = await running.slice(root)
    await running.slice(child_of(running, 1))
    await running.slice(root)

    assert verdict.next == "wait"
    assert (await running.read(root)).status == "completed"
    assert len(await running.payloads(root, "child:failed")) == 1
    assert len(await running.payloads(root, "child:completed")) == 1


def child_of(running: Waiting, place: int) -> ExecutionId:
    """The child of that element."""
    records = running.scene.store.world.records.values()
    (found,) = [record for record in records if record.inputs is not None and record.inputs["index"] == place]
    return found.execution.id


async def test_a_failure_that_its_caller_handles_ends_no_flow_that_fails_with_its_children() -> None:
    draft = calling(n=-1)
    draft.add("DebugLogNode", node_id="log")
    draft.join("call.__errorMessage", "log.message")
    running = system()
    await running.store_flow(doubling(), CALLED)
    root = await running.started(draft, {"onNodeFailure": "fail"})

    await all_run(running, root)

    row = await running.read(root)
    assert (row.status, row.error_count) == ("completed", 1)


async def test_a_child_that_is_stopped_fails_its_call() -> None:
    running, root = await calls(calling(n=3))
    await running.slice(root)
    (child,) = await children(running, root)
    await running.scene.store.executions.command(child.id, Command(CommandKind.STOP, ALICE.id, "no more"))

    await all_run(running, root)

    (failed,) = await running.payloads(root, "node:failed")
    assert "no more" in failed["error"]["message"]


async def test_a_stop_of_the_caller_stops_what_it_has_called() -> None:
    running, root = await calls(calling("V2middle", n=1), V2middle=passing_on())
    await running.slice(root)
    (middle,) = await children(running, root)
    await running.slice(middle.id)

    stop = Command(CommandKind.STOP, ALICE.id, "enough", Reach.TREE)
    await command_tree(root, stop, ALICE, post=running.scene.post)
    await all_run(running, root)

    assert [row.status for row in await tree(running, root)] == ["stopped"] * 3


async def test_a_pause_of_the_caller_pauses_its_children_and_both_go_on() -> None:
    running, root = await calls(calling(n=3))
    await running.slice(root)

    pause = Command(CommandKind.PAUSE, ALICE.id, "wait", Reach.TREE)
    await command_tree(root, pause, ALICE, post=running.scene.post)
    (child,) = await children(running, root)
    await running.slice(root)
    await running.slice(child.id)
    paused = [row.status for row in await tree(running, root)]
    await command_tree(root, Command(CommandKind.RESUME, ALICE.id, ""), ALICE, post=running.scene.post)
    await all_run(running, root)

    assert paused == ["paused", "paused"]
    assert await outputs(running, root) == {"twice": 6}


async def test_the_sweep_tells_of_an_end_that_nobody_has_told_of() -> None:
    running, root = await calls(calling(n=3))
    await running.slice(root)
    (child,) = await children(running, root)
    await running.slice(child.id)
    record = running.scene.store.world.record(child.id)
    record.tells_caller = True  # as after a death between the end and the signal
    running.scene.store.world.clock.advance(timedelta(minutes=1))
    token = await running.scene.wait("task", root)

    told = await tell_callers(overdue=running.scene.store.overdue, outside=running.outside)
    again = await tell_callers(overdue=running.scene.store.overdue, outside=running.outside)

    assert (told, again) == (1, 0)
    assert token in running.scene.workflows.completed


@pytest.mark.parametrize(
    ("draft", "problem"),
    [
        (calling(""), "nodes[call].flowId: says which flow is called, and is empty"),
        (calling("V2nowhere"), "nodes[call].flowId: there is no flow 'V2nowhere' of yours"),
    ],
)
async def test_a_call_that_cannot_be_made_is_refused_at_create(draft: FlowDraft, problem: str) -> None:
    running = system()

    with pytest.raises(Rejected) as refused:
        await running.started(draft)

    assert [str(found) for found in refused.value.problems] == [problem]


async def test_the_flow_to_be_called_cannot_come_over_an_edge() -> None:
    draft = calling()
    draft.add("TextNode", {"text": CALLED}, node_id="text")
    draft.join("text.text", "call.flowId")

    with pytest.raises(Rejected, match="cannot come over an edge"):
        await system().started(draft)


async def test_a_flow_of_somebody_else_cannot_be_called() -> None:
    running = system()
    document = orjson.dumps({**doubling().document, "id": CALLED})
    await running.scene.store.flows.create(FlowId(CALLED), owner_id=BOB.id, name="Bob's", document=document)

    with pytest.raises(Rejected, match="there is no flow"):
        await running.started(calling())


async def test_a_fault_in_a_flow_that_is_called_names_the_way_to_it() -> None:
    running = system()
    broken = orjson.dumps(
        {"id": CALLED, "metadata": {}, "nodes": [{"id": "x", "type": "Nowhere"}], "edges": []}
    )
    await running.scene.store.flows.create(FlowId(CALLED), owner_id=ALICE.id, name="", document=broken)

    with pytest.raises(Rejected) as refused:
        await running.started(calling())

    assert all(
        problem.path.startswith("nodes[call].flowId → V2called: ") for problem in refused.value.problems
    )


async def test_flows_may_call_each_other_in_a_circle() -> None:
    running = system()
    await running.store_flow(calling_itself("V2other"), "V2one")
    await running.store_flow(calling_itself("V2one"), "V2other")

    root = await running.started(calling("V2one"))

    pinned = await running.scene.store.executions.callable_flows(root)
    assert set(pinned) == {"V2one", "V2other", "V2waits"}
