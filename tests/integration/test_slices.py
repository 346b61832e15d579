"""Slices of executions in a real database: what each writes, and that the next one goes on from it."""

import asyncio

import orjson
import pytest

from chaingraph.errors import WrongStatus
from chaingraph.execution.commands import CommandKind
from chaingraph.execution.options import ExecutionOptions, Limits, OnNodeFailure
from chaingraph.execution.status import Status
from chaingraph.ids import ExecutionId, WorkerId
from tests.flows import World, chain, document, edge, node
from tests.integration.executions import RUN, System, command_seen

pytestmark = pytest.mark.anyio


async def _indices(executions: System, execution_id: ExecutionId) -> list[int]:
    return [event.index for event in await executions.log(execution_id)]


async def test_a_started_execution_runs_to_its_end_in_one_slice(executions: System) -> None:
    execution_id = await executions.started(chain(3))

    verdict = await executions.slice(execution_id)

    log = await executions.log(execution_id)
    assert verdict.next == "done"
    assert [event.index for event in log] == list(range(-1, len(log) - 1))
    assert [log[0].type, log[1].type, log[-1].type] == ["execution:created", "flow:started", "flow:completed"]
    assert (await executions.read(execution_id)).status is Status.COMPLETED


async def test_a_created_execution_waits_for_its_start_and_fails_without_one(executions: System) -> None:
    execution_id = await executions.created(chain(1))

    waiting = await executions.slice(execution_id)
    executions.clock.now_ms += 61_000
    failed = await executions.slice(execution_id)

    row = await executions.read(execution_id)
    assert (waiting.next, failed.next) == ("wait", "done")
    assert 0 < waiting.wait_seconds <= 60
    assert row.status is Status.FAILED
    assert "start" in (row.error_message or "")
    assert (await executions.types(execution_id))[-1] == "flow:failed"


async def test_an_execution_stopped_before_its_start_is_cancelled(executions: System) -> None:
    execution_id = await executions.created(chain(1))
    await executions.command(execution_id, CommandKind.STOP)

    verdict = await executions.slice(execution_id)

    assert verdict.next == "done"
    assert await executions.types(execution_id) == ["execution:created", "flow:cancelled"]
    assert (await executions.read(execution_id)).status is Status.STOPPED


async def test_a_stop_cancels_the_body_that_runs(executions: System, world: World) -> None:
    execution_id = await executions.started(chain(2, "Gated"))
    running = asyncio.create_task(executions.slice(execution_id))
    await world.arrival("n0").wait()

    await executions.command(execution_id, CommandKind.STOP)
    verdict = await running

    row = await executions.read(execution_id)
    assert verdict.next == "done"
    assert (row.status, row.error_message) == (Status.STOPPED, "stop it")
    assert (await executions.types(execution_id))[-2:] == ["node:failed", "flow:cancelled"]


async def test_a_paused_execution_goes_on_at_the_next_node(executions: System, world: World) -> None:
    execution_id = await executions.started(chain(3, "Gated"))
    running = asyncio.create_task(executions.slice(execution_id))
    await world.arrival("n0").wait()
    await executions.command(execution_id, CommandKind.PAUSE)
    await command_seen(executions, execution_id)
    world.gate("n0").set()

    paused = await running
    status = (await executions.read(execution_id)).status
    for place in range(3):
        world.gate(f"n{place}").set()
    await executions.command(execution_id, CommandKind.RESUME)
    resumed = await executions.slice(execution_id)
    done = await executions.slice(execution_id)

    types = await executions.types(execution_id)
    assert [paused.next, resumed.next, done.next] == ["wait", "run", "done"]
    assert status is Status.PAUSED
    assert types.index("flow:paused") + 1 == types.index("flow:resumed")
    assert types.count("node:started") == 3
    assert types[: types.index("flow:paused")].count("node:started") == 1
    assert await _indices(executions, execution_id) == list(range(-1, len(types) - 1))


async def test_a_resume_while_the_pause_drains_takes_the_pause_back(executions: System, world: World) -> None:
    execution_id = await executions.started(chain(2, "Gated"))
    running = asyncio.create_task(executions.slice(execution_id))
    await world.arrival("n0").wait()
    await executions.command(execution_id, CommandKind.PAUSE)
    await command_seen(executions, execution_id)

    await executions.command(execution_id, CommandKind.RESUME)
    for place in range(2):
        world.gate(f"n{place}").set()
    verdict = await running

    types = await executions.types(execution_id)
    assert verdict.next == "done"
    assert "flow:paused" not in types
    assert types[-1] == "flow:completed"


async def test_a_killed_slice_is_continued_without_repeating_an_event(
    executions: System, world: World
) -> None:
    nodes = [node("e", "Effect"), node("g", "Gated"), node("z")]
    flow = document(nodes, [edge("e.result", "g.a"), edge("g.result", "z.a")])
    execution_id = await executions.started(flow)
    running = asyncio.create_task(executions.slice(execution_id, "first"))
    await world.arrival("g").wait()
    await _logged(executions, execution_id, "edge:transfer-completed")
    running.cancel()
    await asyncio.wait([running])
    world.gate("g").set()

    verdict = await executions.slice(execution_id, "second")

    types = await executions.types(execution_id)
    assert verdict.next == "done"
    assert world.effects == ["e"]
    assert types.count("node:started") == types.count("node:completed") == 3
    assert await _indices(executions, execution_id) == list(range(-1, len(types) - 1))


async def _logged(executions: System, execution_id: ExecutionId, type_: str) -> None:
    while type_ not in await executions.types(execution_id):  # noqa: ASYNC110 - the log sends no signal
        await asyncio.sleep(0.005)


async def test_the_loser_of_a_second_claim_writes_nothing_more(executions: System, world: World) -> None:
    execution_id = await executions.started(chain(2, "Gated"))
    loser = asyncio.create_task(executions.slice(execution_id, "loser"))
    await world.arrival("n0").wait()
    await _logged(executions, execution_id, "node:started")

    world.reached.clear()
    winner = asyncio.create_task(executions.slice(execution_id, "winner"))
    await world.arrival("n0").wait()
    assert (await loser).next == "done"
    for place in range(2):
        world.gate(f"n{place}").set()
    await winner

    types = await executions.types(execution_id)
    assert types.count("node:completed") == 2
    assert types[-1] == "flow:completed"
    assert await _indices(executions, execution_id) == list(range(-1, len(types) - 1))


async def test_a_consumer_of_an_open_stream_runs_again_with_its_producer(
    executions: System, world: World
) -> None:
    flow = document([node("s", "Sends"), node("z")], [edge("s.result", "z.a")])
    execution_id = await executions.started(flow)
    running = asyncio.create_task(executions.slice(execution_id))
    await world.arrival("s").wait()
    await _logged(executions, execution_id, "node:started")
    running.cancel()
    await asyncio.wait([running])
    world.gate("s").set()

    await executions.slice(execution_id)

    completed = [event for event in await executions.log(execution_id) if event.type == "node:completed"]
    values = orjson.loads(completed[0].payload)["values"]
    assert values["out"] == {"type": "stream", "buffer": ["one", "two"], "isClosed": True}


async def test_the_row_names_the_first_failure_that_nobody_handles(executions: System) -> None:
    flow = document([node("bad", "Breaks"), node("z")], [edge("bad.result", "z.a")])
    execution_id = await executions.started(flow)

    await executions.slice(execution_id)

    row = await executions.read(execution_id)
    assert row.status is Status.COMPLETED
    assert (row.error_count, row.error_node_id, row.error_message) == (1, "bad", "broken")


async def test_a_failure_ends_the_flow_where_the_options_say_so(executions: System) -> None:
    options = ExecutionOptions(on_node_failure=OnNodeFailure.FAIL)
    execution_id = await executions.started(document([node("bad", "Breaks")]), options)

    await executions.slice(execution_id)

    row = await executions.read(execution_id)
    assert (row.status, row.error_node_id) == (Status.FAILED, "bad")
    assert (await executions.types(execution_id))[-1] == "flow:failed"


async def test_the_flow_timeout_cancels_what_runs(executions: System) -> None:
    options = ExecutionOptions(execution=Limits(flow_timeout_ms=50))
    execution_id = await executions.started(chain(1, "Gated"), options)

    await executions.slice(execution_id)

    row = await executions.read(execution_id)
    assert (row.status, row.error_message) == (Status.FAILED, "Flow execution timed out after 50 ms")


async def test_a_clock_that_is_set_forward_takes_nothing_of_the_flows_time(
    executions: System, world: World
) -> None:
    options = ExecutionOptions(execution=Limits(flow_timeout_ms=600_000))
    execution_id = await executions.started(chain(2, "Gated"), options)
    running = asyncio.create_task(executions.slice(execution_id))
    await world.arrival("n0").wait()
    executions.clock.now_ms += 3_600_000
    await executions.command(execution_id, CommandKind.PAUSE)
    await command_seen(executions, execution_id)
    for place in range(2):
        world.gate(f"n{place}").set()
    await running

    await executions.command(execution_id, CommandKind.RESUME)
    await executions.slice(execution_id)
    await executions.slice(execution_id)

    row = await executions.read(execution_id)
    assert (row.status, row.error_message) == (Status.COMPLETED, None)
    assert row.active_ms < 600_000


async def test_a_parent_waits_for_its_children_and_logs_their_ends(executions: System) -> None:
    listener = {"type": "EventListenerNodeV2"}
    flow = document([node("emit", "Emits"), node("again", "Emits", {"name": "pong"})])
    execution_id = await executions.started(flow)

    waiting = await executions.slice(execution_id)
    children = await executions.outside.executions.children(execution_id)
    for child in children:
        await executions.slice(child.id)
    done = await executions.slice(execution_id)

    types = await executions.types(execution_id)
    assert listener["type"] not in types
    assert (waiting.next, done.next) == ("wait", "done")
    assert {child.depth for child in children} == {1}
    assert len(executions.workflows.started) == 2
    assert types.count("child:spawned") == types.count("child:completed") == 2
    assert types[-1] == "flow:completed"


async def test_only_one_of_two_starts_wins(executions: System) -> None:
    execution_id = await executions.started(chain(1))

    with pytest.raises(WrongStatus, match="running"):
        await executions.outside.executions.start(execution_id)


async def test_an_execution_of_an_older_workflow_run_is_left_alone(executions: System) -> None:
    execution_id = await executions.started(chain(1))

    claim = await executions.outside.runs.claim(
        execution_id, workflow_run=type(RUN)(RUN - 1), worker_id=WorkerId("old"), lease_ms=1000
    )

    assert claim is None


async def test_a_long_sleep_leaves_the_machine_and_is_not_begun_again(executions: System) -> None:
    execution_id = await executions.started(
        document([node("s", "Sleeps", {"a": 3600}), node("z")], [edge("s.result", "z.a")])
    )

    asleep = await executions.slice(execution_id)
    executions.clock.now_ms += 1_800_000
    still_asleep = await executions.slice(execution_id)
    executions.clock.now_ms += 1_800_000
    done = await executions.slice(execution_id)

    types = await executions.types(execution_id)
    completed = [event for event in await executions.log(execution_id) if event.type == "node:completed"]
    assert [asleep.next, still_asleep.next, done.next] == ["wait", "wait", "done"]
    assert (asleep.wait_seconds, still_asleep.wait_seconds) == (3600, 1800)
    assert types.count("node:started") == types.count("node:completed") == 2
    assert orjson.loads(completed[0].payload)["values"]["result"] == 3600


async def test_a_pause_does_not_wait_for_a_long_sleep(executions: System) -> None:
    execution_id = await executions.started(document([node("s", "Sleeps", {"a": 3600})]))
    await executions.slice(execution_id)
    await executions.command(execution_id, CommandKind.PAUSE)

    paused = await executions.slice(execution_id)

    assert paused.next == "wait"
    assert (await executions.read(execution_id)).status is Status.PAUSED


async def test_a_body_cut_off_twice_by_the_end_of_a_slice_fails(executions: System) -> None:
    execution_id = await executions.started(chain(1, "Gated"))
    short = executions.with_slices_of(50)

    first = await short.slice(execution_id)
    second = await short.slice(execution_id)
    last = await short.slice(execution_id)

    failed = [event for event in await executions.log(execution_id) if event.type == "node:failed"]
    assert [first.next, second.next, last.next] == ["run", "run", "done"]
    assert "needs longer than a slice" in orjson.loads(failed[0].payload)["error"]["message"]
