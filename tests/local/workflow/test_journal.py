"""What is promised only after its commit, what a commit costs, and what an absent database does."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import LiteralString

import psycopg
import pytest

from infra.local.workflow.journal import Journal
from infra.local.workflow.migrations import migrate
from infra.local.workflow.refusals import LostOwnership
from tests.local.workflow.served import MACHINE_ARN, Workflow, workflow

pytestmark = pytest.mark.anyio

WRITES_WAITING = "select from pg_stat_activity where wait_event_type = 'Lock' and query like '%recordset%'"
OWNERS_WAITING = "select from pg_locks where locktype = 'advisory' and not granted"
END_CONNECTIONS = """
select pg_terminate_backend(pid) from pg_stat_activity
where pid <> pg_backend_pid() and datname = current_database()
"""
COMMITS = "select count(*) from workflow.history where run = %s"


@pytest.fixture
async def running(empty_database_url: str) -> AsyncGenerator[Workflow]:
    async with workflow(empty_database_url) as running:
        yield running


@asynccontextmanager
async def no_commits(database_url: str) -> AsyncGenerator[None]:
    """Nothing about runs can be written in here."""
    async with await psycopg.AsyncConnection.connect(database_url) as db:
        await db.execute("lock table workflow.runs in exclusive mode")
        yield
        await db.rollback()


async def seen(database_url: str, query: LiteralString) -> None:
    """Wait until the query finds a row."""
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as db:
        while not await (await db.execute(query)).fetchall():
            pass


class AnyRun:
    name = "EX1-1"

    def take_change(self) -> dict[str, object]:
        return {"name": self.name, "is_new": False}


async def test_nobody_is_answered_and_nothing_is_called_before_the_commit(
    running: Workflow, empty_database_url: str
) -> None:
    await running.steps.start(next="wait")
    waiting = await running.functions.called("await_signal")

    async with no_commits(empty_database_url):
        answer = asyncio.create_task(running.steps.succeed(waiting.token))
        await seen(empty_database_url, WRITES_WAITING)
        was_answered = answer.done()
        was_called = "run_flow" in running.functions.calls
    await answer

    assert (was_answered, was_called) == (False, False)
    assert (await running.functions.called("run_flow")).payload["turn"] == 0


async def test_a_token_is_not_refused_before_the_answer_that_used_it_is_stored(
    running: Workflow, empty_database_url: str
) -> None:
    await running.steps.start(next="wait")
    waiting = await running.functions.called("await_signal")

    async with no_commits(empty_database_url):
        first = asyncio.create_task(running.steps.succeed(waiting.token))
        await seen(empty_database_url, WRITES_WAITING)
        second = asyncio.create_task(
            running.steps.refused("send_task_success", taskToken=waiting.token, output="{}")
        )
        await running.steps.refused("send_task_success", taskToken="rubbish", output="{}")
        was_refused = second.done()
    await first

    assert not was_refused
    assert await second == "TaskTimedOut"


async def test_stopping_a_start_that_is_refused_leaves_the_ended_run_alone(
    running: Workflow, empty_database_url: str
) -> None:
    await running.steps.start()
    (await running.functions.called("run_flow")).answer({"next": "done"})
    await running.functions.ends.get()

    async with no_commits(empty_database_url):
        starting = asyncio.create_task(
            running.steps.refused("start_execution", stateMachineArn=MACHINE_ARN, name="EX1-1", input="{}")
        )
        await seen(empty_database_url, WRITES_WAITING)
        stopping = asyncio.create_task(running.steps.stop())
        await running.steps.refused("send_task_success", taskToken="rubbish", output="{}")
    await stopping

    assert await starting == "ExecutionAlreadyExists"
    assert (await running.steps.describe())["status"] == "SUCCEEDED"


async def test_a_run_with_one_wait_costs_four_commits_at_most(
    running: Workflow, empty_database_url: str
) -> None:
    await running.steps.start(next="wait")
    waiting = await running.functions.called("await_signal")
    waiting.answer()
    await running.steps.succeed(waiting.token)
    (await running.functions.called("run_flow")).answer({"next": "done"})
    await running.functions.ends.get()

    with psycopg.connect(empty_database_url) as db:
        (row,) = db.execute(COMMITS, ("EX1-1",)).fetchall()

    assert row[0] <= 4


async def test_an_ended_run_is_forgotten_at_a_start_after_its_time(empty_database_url: str) -> None:
    async with workflow(empty_database_url, reported=frozenset()) as running:
        await running.steps.start("EX1-1")
        await running.steps.start("EX2-1")
        await running.steps.stop("EX2-1")

    async with workflow(empty_database_url, kept=timedelta(0)) as running:
        listed = await running.steps.call("list_executions", stateMachineArn=MACHINE_ARN)

    assert [run["name"] for run in listed["executions"]] == ["EX1-1"]


async def test_runs_that_move_at_once_all_move(running: Workflow) -> None:
    names = [f"EX{number}-1" for number in range(40)]
    await asyncio.gather(*(running.steps.start(name, executionId=name, next="wait") for name in names))
    calls = [await running.functions.called("await_signal") for _ in names]
    await asyncio.gather(*(running.steps.succeed(call.token) for call in calls))
    for _ in names:
        (await running.functions.called("run_flow")).answer({"next": "done"})

    ended = {(await running.functions.ends.get())["detail"]["name"] for _ in names}

    assert ended == set(names)


async def test_a_lost_connection_costs_time_and_nothing_else(
    running: Workflow, empty_database_url: str
) -> None:
    await running.steps.start(next="wait")
    waiting = await running.functions.called("await_signal")
    with psycopg.connect(empty_database_url, autocommit=True) as db:
        db.execute(END_CONNECTIONS)

    await running.steps.succeed(waiting.token)
    (await running.functions.called("run_flow")).answer({"next": "done"})
    await running.functions.ends.get()

    assert (await running.steps.describe())["status"] == "SUCCEEDED"


async def test_a_second_owner_waits_for_the_first_to_go(empty_database_url: str) -> None:
    await migrate(empty_database_url)
    first, second = Journal(empty_database_url), Journal(empty_database_url)
    await first.take_over()
    taking_over = asyncio.create_task(second.take_over())
    await seen(empty_database_url, OWNERS_WAITING)

    had_taken_over = taking_over.done()
    await first.aclose()
    await taking_over
    await second.aclose()

    assert not had_taken_over


async def test_an_owner_that_was_replaced_while_it_was_away_gives_up(empty_database_url: str) -> None:
    await migrate(empty_database_url)
    first, second = Journal(empty_database_url), Journal(empty_database_url)
    await first.take_over()
    with psycopg.connect(empty_database_url, autocommit=True) as db:
        db.execute(END_CONNECTIONS)
    await second.take_over()
    await second.aclose()

    first.save_later(AnyRun())
    first.leave()

    with pytest.raises(LostOwnership):
        await first.write_forever()
    await first.aclose()
