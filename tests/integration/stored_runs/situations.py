"""Where an execution may stand when a release is replaced, and how it goes on from there.

What one release stored in each of them lies in the folder of its last migration; `WRITE_STORED_RUNS=1` in the
environment of the tests adds the folder of the present one. A folder is never written again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from chaingraph.execution.commands import CommandKind
from chaingraph.ids import ExecutionId
from tests.flows import World, chain, document, edge, node
from tests.integration.executions import System, command_seen

SLEEP_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class Situation:
    """`reach`: from nothing to there. `go_on`: to the end, with what an operator or a user would do."""

    reach: Callable[[System, World], Awaitable[ExecutionId]]
    go_on: Callable[[System, World, ExecutionId], Awaitable[None]]


async def started(executions: System, world: World) -> ExecutionId:
    del world
    return await executions.started(chain(3))


async def one_slice(executions: System, world: World, execution_id: ExecutionId) -> None:
    del world
    assert (await executions.slice(execution_id)).next == "done"


async def killed(executions: System, world: World) -> ExecutionId:
    """An effect is done, a body runs, the engine dies."""
    nodes = [node("e", "Effect"), node("g", "Gated"), node("z")]
    execution_id = await executions.started(
        document(nodes, [edge("e.result", "g.a"), edge("g.result", "z.a")])
    )
    running = asyncio.create_task(executions.slice(execution_id))
    await world.arrival("g").wait()
    while "edge:transfer-completed" not in await executions.types(execution_id):  # noqa: ASYNC110 - the log sends no signal
        await asyncio.sleep(0.005)
    running.cancel()
    await asyncio.wait([running])
    return execution_id


async def opened(executions: System, world: World, execution_id: ExecutionId) -> None:
    world.gate("g").set()
    await one_slice(executions, world, execution_id)
    assert world.effects == []


async def paused(executions: System, world: World) -> ExecutionId:
    execution_id = await executions.started(chain(3, "Gated"))
    running = asyncio.create_task(executions.slice(execution_id))
    await world.arrival("n0").wait()
    await executions.command(execution_id, CommandKind.PAUSE)
    await command_seen(executions, execution_id)
    world.gate("n0").set()
    assert (await running).next == "wait"
    return execution_id


async def resumed(executions: System, world: World, execution_id: ExecutionId) -> None:
    for name in ("n1", "n2"):
        world.gate(name).set()
    await executions.command(execution_id, CommandKind.RESUME)
    assert (await executions.slice(execution_id)).next == "run"
    await one_slice(executions, world, execution_id)


async def asleep(executions: System, world: World) -> ExecutionId:
    del world
    nodes = [node("s", "Sleeps", {"a": SLEEP_SECONDS}), node("z")]
    execution_id = await executions.started(document(nodes, [edge("s.result", "z.a")]))
    assert (await executions.slice(execution_id)).next == "wait"
    return execution_id


async def awake(executions: System, world: World, execution_id: ExecutionId) -> None:
    executions.clock.now_ms += SLEEP_SECONDS * 1000
    await one_slice(executions, world, execution_id)


async def a_parent(executions: System, world: World) -> ExecutionId:
    del world
    execution_id = await executions.started(document([node("emit", "Emits")]))
    assert (await executions.slice(execution_id)).next == "wait"
    return execution_id


async def with_its_children(executions: System, world: World, execution_id: ExecutionId) -> None:
    for child in await executions.outside.executions.children(execution_id):
        await one_slice(executions, world, child.id)
    await one_slice(executions, world, execution_id)


SITUATIONS: Final[Mapping[str, Situation]] = {
    "started": Situation(started, one_slice),
    "killed": Situation(killed, opened),
    "paused": Situation(paused, resumed),
    "asleep": Situation(asleep, awake),
    "waiting for a child": Situation(a_parent, with_its_children),
}
