"""Workflow runs that have had all their turns: the execution goes on in a new one."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from chaingraph.execution.slots import SlotLimits
from chaingraph.execution.status import Status
from chaingraph.ids import ExecutionId, WorkerId, WorkflowRun
from chaingraph.postgres.database import Database
from chaingraph.postgres.overdue import PostgresOverdue
from chaingraph.usecases.slices import Verdict
from chaingraph.usecases.take_over import Rescuer, take_over_stalled
from chaingraph.usecases.take_turn import Turn, Worker, take_turn
from chaingraph.usecases.wake_up import wake_up
from tests.fakes.workflows import FakeWorkflows, StartedWorkflow
from tests.flows import World, document, node, node_types
from tests.integration.executions import RUN, Clock, System, system
from tests.integration.living_workflows import LivingWorkflows

pytestmark = pytest.mark.anyio

HOUR_MS = 3_600_000
AT_ONCE = 0
SLEEPER = document([node("n", "Sleeps", {"a": 3600})])


@pytest.fixture
async def executions(database_url: str) -> AsyncIterator[System]:
    database = Database(database_url)
    yield system(database, node_types(World()), Clock(time.time_ns() // 1_000_000))
    await database.close()


@pytest.fixture
async def workflows(executions: System) -> AsyncIterator[LivingWorkflows]:
    living = LivingWorkflows(executions, SlotLimits(), max_turns=2)
    yield living
    await living.close()


async def wake(executions: System, execution_id: ExecutionId, workflows: LivingWorkflows) -> None:
    await executions.outside.mailbox.signal(execution_id)
    await wake_up(execution_id, mailbox=executions.outside.mailbox, workflows=workflows)


async def sleeping_in_its_second_run(executions: System, workflows: LivingWorkflows) -> ExecutionId:
    execution_id = await executions.started(SLEEPER)
    await workflows.start(execution_id, RUN, AT_ONCE)
    for _ in range(2):
        await workflows.waits(execution_id, RUN)
        await wake(executions, execution_id, workflows)
    await workflows.waits(execution_id, 2)
    return execution_id


async def test_after_so_many_turns_a_new_workflow_run_goes_on(
    executions: System, workflows: LivingWorkflows
) -> None:
    execution_id = await sleeping_in_its_second_run(executions, workflows)

    executions.clock.now_ms += HOUR_MS
    await wake(executions, execution_id, workflows)
    await workflows.all_ended()

    turns = [(report.turn.workflow_run, report.turn.number) for report in workflows.reports]
    types = await executions.types(execution_id)
    assert turns == [(1, 0), (1, 1), (1, 2), (2, 0)]
    assert (await executions.read(execution_id)).status is Status.COMPLETED
    assert (types.count("node:started"), types[-1]) == (1, "flow:completed")


async def test_the_new_workflow_run_waits_as_the_old_one_would_have(
    executions: System, workflows: LivingWorkflows
) -> None:
    await sleeping_in_its_second_run(executions, workflows)

    assert [report.turn.workflow_run for report in workflows.reports] == [1, 1, 1]
    assert workflows.open_runs() == {2}


class Died(Exception):
    """The process that makes the call is gone."""


class DiesAtOnce(FakeWorkflows):
    """Whoever starts a workflow run dies of it, once."""

    has_killed = False

    async def start(self, execution_id: ExecutionId, run: WorkflowRun, wait_seconds: int) -> None:
        if not self.has_killed:
            self.has_killed = True
            raise Died
        await super().start(execution_id, run, wait_seconds)


async def last_turn(executions: System, execution_id: ExecutionId, workflows: FakeWorkflows) -> Verdict:
    return await take_turn(
        Turn(execution_id, RUN, number=2),
        outside=replace(executions.outside, workflows=workflows),
        settings=replace(executions.settings, max_turns=2),
        worker=Worker(WorkerId("worker"), executions.plans),
    )


async def test_a_turn_that_died_before_it_started_the_new_workflow_run_starts_it_when_it_is_repeated(
    executions: System,
) -> None:
    execution_id, workflows = await executions.started(SLEEPER), DiesAtOnce()
    with pytest.raises(Died):
        await last_turn(executions, execution_id, workflows)
    lost = list(workflows.started)

    verdict = await last_turn(executions, execution_id, workflows)

    assert (lost, verdict.next) == ([], "done")
    assert workflows.started == {f"{execution_id}-2": StartedWorkflow(execution_id, WorkflowRun(2), AT_ONCE)}
    assert (await executions.read(execution_id)).workflow_run == 2


async def test_a_new_workflow_run_that_nobody_started_is_missed_by_the_sweep(executions: System) -> None:
    execution_id, workflows = await executions.started(SLEEPER), DiesAtOnce()
    with pytest.raises(Died):
        await last_turn(executions, execution_id, workflows)

    outside = replace(executions.outside, workflows=workflows)
    rescuer = Rescuer(outside, PostgresOverdue(executions.database), WorkerId("sweep"), most=5)
    taken = await take_over_stalled(older_than_ms=0, start_timeout_ms=0, rescuer=rescuer)

    late = await last_turn(executions, execution_id, workflows)
    assert (taken, late.next) == (1, "done")
    assert list(workflows.started) == [f"{execution_id}-3"]


async def test_an_end_needs_no_new_workflow_run(executions: System, workflows: LivingWorkflows) -> None:
    execution_id = await executions.started(SLEEPER)
    await workflows.start(execution_id, RUN, AT_ONCE)
    await workflows.waits(execution_id)
    await wake(executions, execution_id, workflows)
    await workflows.waits(execution_id)

    executions.clock.now_ms += HOUR_MS
    await wake(executions, execution_id, workflows)
    await workflows.all_ended()

    assert (await executions.read(execution_id)).workflow_run == RUN
