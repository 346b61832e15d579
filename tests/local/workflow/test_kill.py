"""kill -9 of the workflow service, and what the next one makes of it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.local.workflow.killable import Killable, service
from tests.workflow_oracle.definition import shortened

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(60)]


@pytest.fixture
def definition(tmp_path: Path) -> Path:
    path = tmp_path / "workflow.asl.json"
    path.write_text(shortened(2))
    return path


async def finish(running: Killable) -> Any:
    """The last slice of the run, and how the run ended."""
    running.answer(await running.called("run_flow"), {"next": "done"})
    while True:
        ended = await running.steps.describe()
        if ended["status"] != "RUNNING":
            return ended


async def test_a_wait_goes_on_after_a_kill_and_takes_its_old_token(
    empty_database_url: str, definition: Path
) -> None:
    async with service(empty_database_url, definition) as first:
        await first.steps.start(next="wait")
        waiting = await first.called("await_signal")
        first.answer(waiting, None)
        await submitted(first)
        await first.kill()

    async with service(empty_database_url, definition) as second:
        await second.steps.succeed(waiting["payload"]["taskToken"])
        ended = await finish(second)

    assert ended["status"] == "SUCCEEDED"


async def test_a_wait_times_out_though_nobody_was_there_at_its_deadline(
    empty_database_url: str, definition: Path
) -> None:
    async with service(empty_database_url, definition) as first:
        await first.steps.start(next="wait", waitSeconds=1)
        first.answer(await first.called("await_signal"), None)
        await submitted(first)
        await first.kill()

    async with service(empty_database_url, definition) as second:
        ended = await finish(second)
        history = await second.steps.history()

    assert ended["status"] == "SUCCEEDED"
    assert "TaskTimedOut" in [event["type"] for event in history["events"]]


async def test_a_slice_that_was_at_work_is_repeated_as_one_that_crashed(
    empty_database_url: str, definition: Path
) -> None:
    async with service(empty_database_url, definition) as first:
        await first.steps.start()
        await first.called("run_flow")
        await first.kill()

    async with service(empty_database_url, definition) as second:
        ended = await finish(second)
        events = (await second.steps.history())["events"]

    failures = [event["taskFailedEventDetails"]["error"] for event in events if event["type"] == "TaskFailed"]
    assert ended["status"] == "SUCCEEDED"
    assert failures == ["Lambda.Unknown"]
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))


async def test_a_token_that_may_not_have_been_kept_is_given_anew(
    empty_database_url: str, definition: Path
) -> None:
    async with service(empty_database_url, definition) as first:
        await first.steps.start(next="wait")
        lost = (await first.called("await_signal"))["payload"]["taskToken"]
        await first.kill()

    async with service(empty_database_url, definition) as second:
        given = (await second.called("await_signal"))["payload"]["taskToken"]
        refusal = await second.steps.refused("send_task_success", taskToken=lost, output="{}")
        await second.steps.succeed(given)
        ended = await finish(second)

    assert refusal == "TaskTimedOut"
    assert ended["status"] == "SUCCEEDED"


async def test_many_kills_count_as_many_failed_attempts(empty_database_url: str, definition: Path) -> None:
    async with service(empty_database_url, definition) as first:
        await first.steps.start()
        await first.called("run_flow")
    for _ in range(2):
        async with service(empty_database_url, definition) as next_one:
            await next_one.called("run_flow")

    async with service(empty_database_url, definition) as last:
        recorded = await last.called("record_failure")

    assert recorded["payload"]["error"] == "Lambda.Unknown"


async def test_a_start_that_was_answered_is_never_lost(empty_database_url: str, definition: Path) -> None:
    async with service(empty_database_url, definition) as first:
        names = [f"EX{number}-1" for number in range(30)]
        await asyncio.gather(*(first.steps.start(name, next="wait") for name in names))
        await first.kill()

    async with service(empty_database_url, definition) as second:
        statuses = {(await second.steps.describe(name))["status"] for name in names}

    assert statuses == {"RUNNING"}


async def submitted(running: Killable) -> None:
    """Wait until it is stored that the function has returned."""
    while True:
        if (await running.steps.history())["events"][-1]["type"] == "TaskSubmitted":
            return
