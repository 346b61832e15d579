from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from chaingraph.engine.identity import TreeLimits
from chaingraph.execution.slots import SlotLimits
from chaingraph.execution.status import Status
from chaingraph.graph.node_types import NodeTypes
from chaingraph.ids import ConnectionId, ExecutionId, TaskToken, WorkerId, WorkflowRun
from chaingraph.usecases.run_slice import Plans
from chaingraph.usecases.slice_writer import WriterSettings
from chaingraph.usecases.slices import Outside, SliceSettings
from functions.await_signal import tasks as await_signal
from functions.record_failure import tasks as record_failure
from functions.run_flow import tasks as run_flow
from functions.sweep import tasks as sweep
from functions.sweep.looks import SweepAdapters, SweepReport, SweepSettings
from tests.functions.api import payload
from tests.scene import Scene, execution_request, scene_with_execution, scene_with_flow

pytestmark = pytest.mark.anyio

WORKER = WorkerId("worker")
DAY_MS = 24 * 3600 * 1000


def outside(scene: Scene) -> Outside:
    return Outside(
        runs=scene.store.runs,
        executions=scene.store.executions,
        event_log=scene.store.event_log,
        mailbox=scene.store.mailbox,
        queue=scene.store.queue,
        workflows=scene.workflows,
        clock=lambda: int(scene.store.world.clock.now().timestamp() * 1000),
    )


def run_flow_adapters(scene: Scene) -> run_flow.RunFlowAdapters:
    return run_flow.RunFlowAdapters(outside(scene), slice_settings, Plans(NodeTypes({})), WORKER)


def slice_settings(remaining_ms: int) -> SliceSettings:
    return SliceSettings(
        WriterSettings(lease_ms=30_000, poll_ms=500),
        TreeLimits(),
        start_timeout_ms=60_000,
        awake_ms=1_000,
        slice_ms=remaining_ms,
    )


def sweep_adapters(scene: Scene) -> SweepAdapters:
    return SweepAdapters(
        outside=outside(scene),
        overdue=scene.store.overdue,
        connections=scene.store.connections,
        posts=scene.posts,
        history=scene.store.history,
        settings=SweepSettings(
            stalled_after_ms=60_000,
            start_timeout_ms=60_000,
            identification_timeout_seconds=10,
            most_failures=2,
            retention_ms=DAY_MS,
            slots=SlotLimits(in_all=1, of_owner=1),
        ),
        worker_id=WORKER,
        now=scene.store.world.clock.now,
    )


async def status_of(scene: Scene, execution_id: ExecutionId) -> Status:
    return (await scene.store.executions.read(execution_id)).status


async def test_a_recorded_wait_keeps_its_token() -> None:
    scene, execution_id = await scene_with_execution()
    task = payload("await_signal")
    adapters = await_signal.AwaitSignalAdapters(scene.store.mailbox, scene.store.executions, scene.workflows)

    answer = await await_signal.serve(task, adapters)

    assert answer == {}
    assert await scene.store.mailbox.tokens(execution_id) == [task["taskToken"]]


async def test_a_wait_after_the_start_is_over_at_once() -> None:
    scene, execution_id = await scene_with_execution()
    await scene.store.executions.start(execution_id)
    task = payload("await_signal")
    token = TaskToken(task["taskToken"])
    scene.workflows.wait(token, execution_id, WorkflowRun(1))
    adapters = await_signal.AwaitSignalAdapters(scene.store.mailbox, scene.store.executions, scene.workflows)

    await await_signal.serve(task, adapters)

    assert scene.workflows.completed == {token: {"next": "run"}}


async def test_a_slice_of_an_execution_that_is_not_started_waits_for_its_start() -> None:
    scene, _ = await scene_with_execution()

    answer = await run_flow.serve(payload("run_flow"), run_flow_adapters(scene), 60_000)

    assert answer["next"] == "wait"
    assert answer["waitSeconds"] in range(1, 61)


async def test_a_slice_of_a_started_execution_runs_it_to_its_end() -> None:
    scene, execution_id = await scene_with_execution()
    await scene.store.executions.start(execution_id)

    answer = await run_flow.serve(payload("run_flow"), run_flow_adapters(scene), 60_000)

    assert answer == {"next": "done"}
    assert await status_of(scene, execution_id) is Status.COMPLETED


async def test_a_slice_of_an_execution_that_has_ended_is_done() -> None:
    scene, execution_id = await scene_with_execution()
    await scene.store.executions.start(execution_id)
    await run_flow.serve(payload("run_flow"), run_flow_adapters(scene), 60_000)

    assert await run_flow.serve(payload("run_flow"), run_flow_adapters(scene), 60_000) == {"next": "done"}


async def failures(scene: Scene, most: int, count: int) -> list[dict[str, object]]:
    adapters = record_failure.RecordFailureAdapters(outside(scene), most, WORKER)
    return [await record_failure.serve(payload("record_failure"), adapters) for _ in range(count)]


async def test_a_dead_slice_is_repeated_at_once_then_after_a_pause() -> None:
    scene, execution_id = await scene_with_execution()

    answers = await failures(scene, most=5, count=3)

    assert answers == [
        {"next": "run"},
        {"next": "wait", "waitSeconds": 1},
        {"next": "wait", "waitSeconds": 2},
    ]
    assert await status_of(scene, execution_id) is Status.CREATED


async def test_the_last_of_too_many_dead_slices_ends_the_execution_as_failed() -> None:
    scene, execution_id = await scene_with_execution()
    await scene.store.executions.start(execution_id)

    answers = await failures(scene, most=2, count=2)

    execution = await scene.store.executions.read(execution_id)
    assert answers[-1] == {"next": "done"}
    assert (execution.status, "Lambda.Unknown" in str(execution.error_message)) == (Status.FAILED, True)
    last = scene.store.world.record(execution_id).events[-1]
    assert last.type == "flow:failed"
    assert "2 attempts" in orjson.loads(last.payload)["error"]["message"]


async def test_a_dead_slice_of_an_execution_that_has_ended_is_done() -> None:
    scene, _ = await scene_with_execution()
    await failures(scene, most=1, count=1)

    assert await failures(scene, most=1, count=1) == [{"next": "done"}]


async def test_a_dead_slice_of_an_execution_that_is_not_there_is_done() -> None:
    assert await failures(Scene(), most=1, count=1) == [{"next": "done"}]


async def test_the_recorded_end_of_a_workflow_gives_its_open_execution_another_one() -> None:
    scene = await scene_with_flow()
    ended = payload("workflow_ended")
    execution_id = ended["detail"]["name"][:-2]
    await scene.create(execution_request(execution_id))

    first = await sweep.serve(ended, sweep_adapters(scene))
    again = await sweep.serve(ended, sweep_adapters(scene))

    assert (first, again) == ({"restarted": 1}, {"restarted": 0})
    assert f"{execution_id}-2" in scene.workflows.started


@pytest.mark.parametrize("change", [{"name": "another-workflow"}, {"status": "RUNNING"}])
async def test_other_news_of_workflows_change_nothing(change: dict[str, str]) -> None:
    scene = await scene_with_flow()
    ended = payload("workflow_ended")
    await scene.create(execution_request(ended["detail"]["name"][:-2]))
    ended["detail"] |= change

    assert await sweep.serve(ended, sweep_adapters(scene)) == {"restarted": 0}


async def test_a_recorded_tick_sweeps_everything() -> None:
    scene, execution_id = await scene_with_execution()
    await scene.store.executions.start(execution_id)
    await scene.wait("token", execution_id)
    stalled = await scene.create(execution_request("EX2"))
    await scene.store.connections.add(ConnectionId("silent"), user=None, announces_identity=True)
    scene.store.world.clock.advance(timedelta(seconds=120))

    answer = await sweep.serve(payload("schedule"), sweep_adapters(scene))

    assert answer["woken"] == 1
    assert f"{stalled}-2" in scene.workflows.started
    assert scene.posts.closed == ["silent"]


async def test_a_tick_calls_those_who_stand_in_line_for_a_free_slot() -> None:
    scene, execution_id = await scene_with_execution()
    in_line = await scene.create(execution_request("EX2"))
    for started in (execution_id, in_line):
        await scene.store.executions.start(started)
        await claim_with_slot(scene, started)
    token = await scene.wait("token", in_line)
    scene.store.world.clock.advance(timedelta(seconds=31))

    answer = await sweep.serve(payload("schedule"), sweep_adapters(scene))

    assert answer["called"] == 1
    assert token in scene.workflows.completed


async def claim_with_slot(scene: Scene, execution_id: ExecutionId) -> None:
    await scene.store.runs.claim(
        execution_id,
        workflow_run=WorkflowRun(1),
        worker_id=WORKER,
        lease_ms=30_000,
        slots=SlotLimits(in_all=1, of_owner=1),
    )


async def test_a_tick_deletes_what_ended_long_ago() -> None:
    scene, execution_id = await scene_with_execution()
    await failures(scene, most=1, count=1)
    scene.store.world.clock.advance(timedelta(days=2))

    answer = await sweep.serve(payload("schedule"), sweep_adapters(scene))

    assert (answer["events"], answer["documents"]) == (2, 1)
    assert scene.store.world.record(execution_id).events == []


async def test_the_end_of_a_workflow_tells_what_it_restarted() -> None:
    scene = await scene_with_flow()
    ended = payload("workflow_ended")
    await scene.create(execution_request(ended["detail"]["name"][:-2]))
    reports: list[SweepReport] = []

    await sweep.serve(ended, replace(sweep_adapters(scene), on_report=reports.append))

    (report,) = reports
    assert report.found == {"restarted": 1}


async def test_a_tick_tells_what_it_found_and_how_the_line_stands() -> None:
    scene, _ = await scene_with_execution()
    reports: list[SweepReport] = []
    scene.store.world.clock.advance(timedelta(seconds=120))

    await sweep.serve(payload("schedule"), replace(sweep_adapters(scene), on_report=reports.append))

    (report,) = reports
    assert report.found["restarted"] == 1
    assert report.line.length == 0
