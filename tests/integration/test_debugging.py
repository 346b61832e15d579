"""Breakpoints and steps of executions in a real database."""

import asyncio

import orjson
import pytest

from chaingraph.execution.commands import CommandKind
from chaingraph.execution.options import ExecutionOptions
from chaingraph.execution.status import Status
from chaingraph.ids import ExecutionId, NodeId
from tests.flows import World, chain, document, edge, node
from tests.integration.executions import System, command_seen

pytestmark = pytest.mark.anyio


async def test_a_breakpoint_pauses_before_its_node_and_shows_the_values(executions: System) -> None:
    execution_id = await executions.started(chain(3), ExecutionOptions(breakpoints=("n1",)))

    paused = await executions.slice(execution_id)
    row = await executions.read(execution_id)
    await executions.command(execution_id, CommandKind.RESUME)
    resumed = await executions.slice(execution_id)
    done = await executions.slice(execution_id)

    log = await executions.log(execution_id)
    types = [event.type for event in log]
    hit = next(event for event in log if event.type == "debug:breakpoint-hit")
    assert [paused.next, resumed.next, done.next] == ["wait", "run", "done"]
    assert (row.status, row.waiting) == (Status.PAUSED, {"kind": "breakpoint", "detail": "n1"})
    assert orjson.loads(hit.payload) == {"nodeId": "n1", "values": {"a": 1}}
    assert types.count("node:started") == types.count("node:completed") == 3
    assert types.count("edge:transfer-completed") == 2
    assert [event.index for event in log] == list(range(-1, len(log) - 1))


async def test_a_step_runs_one_wave_and_a_step_over_one_node(executions: System) -> None:
    nodes = [node("first"), node("left"), node("right"), node("last")]
    edges = [edge("first.result", "left.a"), edge("first.result", "right.a"), edge("left.result", "last.a")]
    execution_id = await executions.started(document(nodes, edges), ExecutionOptions(breakpoints=("first",)))
    await executions.slice(execution_id)
    seen = [await _completed_after(executions, execution_id, CommandKind.STEP)]
    seen.append(await _completed_after(executions, execution_id, CommandKind.STEP_OVER))
    seen.append(await _completed_after(executions, execution_id, CommandKind.STEP))

    assert seen == [["first"], ["first", "left"], ["first", "left", "right", "last"]]
    assert (await executions.read(execution_id)).status is Status.COMPLETED


async def _completed_after(executions: System, execution_id: ExecutionId, kind: CommandKind) -> list[str]:
    await executions.command(execution_id, kind)
    await executions.slice(execution_id)
    await executions.slice(execution_id)
    log = await executions.log(execution_id)
    return [orjson.loads(event.payload)["nodeId"] for event in log if event.type == "node:completed"]


async def test_a_breakpoint_set_while_it_runs_holds_the_node_behind(executions: System, world: World) -> None:
    execution_id = await executions.started(chain(3, "Gated"))
    running = asyncio.create_task(executions.slice(execution_id))
    await world.arrival("n0").wait()
    await executions.outside.executions.set_breakpoint(execution_id, NodeId("n2"))
    await command_seen(executions, execution_id)
    for place in range(3):
        world.gate(f"n{place}").set()

    verdict = await running

    assert verdict.next == "wait"
    assert (await executions.read(execution_id)).waiting == {"kind": "breakpoint", "detail": "n2"}


async def test_an_execution_stopped_at_a_breakpoint_ends_the_node_that_was_held(executions: System) -> None:
    execution_id = await executions.started(chain(2), ExecutionOptions(breakpoints=("n1",)))
    await executions.slice(execution_id)
    await executions.command(execution_id, CommandKind.STOP)

    verdict = await executions.slice(execution_id)

    assert verdict.next == "done"
    assert (await executions.types(execution_id))[-2:] == ["node:failed", "flow:cancelled"]
    assert (await executions.read(execution_id)).status is Status.STOPPED
