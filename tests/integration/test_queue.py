"""Executions that wait for a slot in a real database, with workflows that take their turns."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial

import pytest

from chaingraph.execution.commands import CommandKind
from chaingraph.execution.commits import Checkpoint, Claim
from chaingraph.execution.slots import SlotLimits
from chaingraph.execution.status import Status
from chaingraph.ids import ExecutionId, UserId, WorkerId
from chaingraph.postgres.database import Database
from chaingraph.usecases.call_next import call_next
from chaingraph.usecases.run_slice import run_slice
from chaingraph.usecases.wake_up import wake_up
from tests.flows import World, chain, document, node, node_types
from tests.integration.executions import RUN, Clock, System, system
from tests.integration.living_workflows import Census, LivingWorkflows

pytestmark = pytest.mark.anyio

AT_ONCE = 0


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def executions(database_url: str, world: World) -> AsyncIterator[System]:
    database = Database(database_url, sessions=6)
    yield system(database, node_types(world), Clock(time.time_ns() // 1_000_000))
    await database.close()


def limited(executions: System, in_all: int, of_owner: int = 100) -> LivingWorkflows:
    return LivingWorkflows(executions, SlotLimits(in_all=in_all, of_owner=of_owner))


async def start_all(workflows: LivingWorkflows, ids: list[ExecutionId]) -> None:
    for execution_id in ids:
        await workflows.start(execution_id, RUN, AT_ONCE)


async def statuses(executions: System, ids: list[ExecutionId]) -> set[Status]:
    return {(await executions.read(execution_id)).status for execution_id in ids}


async def test_all_come_to_their_turn_and_never_more_than_may_run_at_once(executions: System) -> None:
    workflows = limited(executions, 3)
    ids = [await executions.started(chain(2)) for _ in range(30)]

    await start_all(workflows, ids)
    await workflows.all_ended()

    assert await statuses(executions, ids) == {Status.COMPLETED}
    assert workflows.census.most == 3
    report = await executions.outside.queue.report()
    assert (report.running, report.length) == (0, 0)


async def test_a_parent_with_more_children_than_slots_completes(executions: System) -> None:
    workflows = limited(executions, 2)
    emitters = [node(f"e{number}", "Emits", {"name": f"ping-{number}"}) for number in range(20)]
    parent = await executions.started(document(emitters))

    await start_all(workflows, [parent])
    await workflows.all_ended()

    children = await executions.outside.executions.children(parent)
    assert [child.status for child in children] == [Status.COMPLETED] * 20
    assert (await executions.read(parent)).status is Status.COMPLETED
    assert workflows.census.most == 2


async def test_owners_take_turns_and_each_is_served_in_order(executions: System, world: World) -> None:
    workflows = limited(executions, 1)
    first = await executions.started(chain(1, "Gated"))
    anns = [await executions.started(chain(1)) for _ in range(5)]
    bobs = [await executions.started(chain(1), owner=UserId("bob")) for _ in range(3)]
    await start_all(workflows, [first])
    await world.arrival("n0").wait()
    for execution_id in (*anns, *bobs):
        await start_all(workflows, [execution_id])
        await workflows.waits(execution_id)

    world.gate("n0").set()
    await workflows.all_ended()

    served = workflows.census.order
    assert served == [first, anns[0], bobs[0], anns[1], bobs[1], anns[2], bobs[2], anns[3], anns[4]]


async def test_what_waits_holds_no_slot(executions: System) -> None:
    workflows = limited(executions, 1)
    asleep = await executions.started(document([node("s", "Sleeps", {"a": 3600})]))
    await start_all(workflows, [asleep])
    await workflows.waits(asleep)

    other = await executions.started(chain(1))
    await start_all(workflows, [other])

    while (await executions.read(other)).status is not Status.COMPLETED:  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    assert (await executions.read(asleep)).status is Status.RUNNING
    await workflows.close()


@pytest.mark.parametrize(
    ("kind", "status"), [(CommandKind.STOP, Status.STOPPED), (CommandKind.PAUSE, Status.PAUSED)]
)
async def test_a_command_reaches_who_stands_in_line(
    executions: System, world: World, kind: CommandKind, status: Status
) -> None:
    workflows = limited(executions, 1)
    running = await executions.started(chain(1, "Gated"))
    await start_all(workflows, [running])
    await world.arrival("n0").wait()
    in_line = await executions.started(chain(1))
    await start_all(workflows, [in_line])
    await workflows.waits(in_line)

    await executions.command(in_line, kind)
    await wake_up(in_line, mailbox=executions.outside.mailbox, workflows=workflows)
    while (await executions.read(in_line)).status is not status:  # noqa: ASYNC110
        await asyncio.sleep(0.005)

    assert await executions.outside.queue.place(in_line) is None
    assert (await executions.read(running)).status is Status.RUNNING
    await workflows.close()


@dataclass
class TakesBack(Census):
    """The pause that the claim saw is taken back before the slice looks."""

    take_back: Callable[[], Awaitable[None]] | None = None

    async def load(self, claim: Claim) -> Checkpoint:
        if self.take_back is not None:
            await self.take_back()
            self.take_back = None
        return await super().load(claim)


async def test_without_a_slot_nothing_runs_after_a_pause_was_taken_back(executions: System) -> None:
    execution_id = await executions.started(chain(1))
    await executions.command(execution_id, CommandKind.PAUSE)

    runs = TakesBack(
        executions.outside.runs, take_back=partial(executions.command, execution_id, CommandKind.RESUME)
    )

    verdict = await run_slice(
        execution_id,
        RUN,
        outside=replace(executions.outside, runs=runs),
        settings=replace(executions.settings, slots=SlotLimits()),
        plans=executions.plans,
        worker_id=WorkerId("worker"),
    )

    assert verdict.next == "run"
    assert await executions.types(execution_id) == ["execution:created"]


async def test_the_sweep_calls_those_whose_call_was_lost(executions: System, world: World) -> None:
    workflows = limited(executions, 1)
    running = await executions.started(chain(1, "Gated"))
    await start_all(workflows, [running])
    await world.arrival("n0").wait()
    in_line = await executions.started(chain(1))
    await start_all(workflows, [in_line])
    await workflows.waits(in_line)
    await workflows.stop(running, RUN, "its worker dies with the call unsent")
    await _end_unheard(executions, running)

    outside = executions.outside
    called = await call_next(
        SlotLimits(1, 1), queue=outside.queue, mailbox=outside.mailbox, workflows=workflows
    )

    while (await executions.read(in_line)).status is not Status.COMPLETED:  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    assert called == 1


async def _end_unheard(executions: System, execution_id: ExecutionId) -> None:
    await executions.command(execution_id, CommandKind.STOP)
    await executions.slice(execution_id)
