"""kill -9 of the workflow service again and again, while many runs move."""

import asyncio
import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.local.workflow.killable import Dead, Killable, service
from tests.workflow_oracle.definition import shortened

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(60)]

RUNS = [f"EX{number}-1" for number in range(12)]
TURNS = 4
KILLS = 4
OUTCOMES = {"TaskSucceeded", "TaskFailed", "TaskTimedOut"}


class Everybody:
    """The functions, and who completes their tokens: they do their part again until it is done."""

    def __init__(self) -> None:
        self.tokens: set[str] = set()

    async def work_with(self, running: Killable) -> None:
        """Until the service dies."""
        async with asyncio.TaskGroup() as tasks:
            for token in self.tokens:
                tasks.create_task(self.complete(running, token))
            with suppress(Dead):
                while True:
                    call = await running.next_call()
                    if "taskToken" in call["payload"]:
                        self.tokens.add(call["payload"]["taskToken"])
                        tasks.create_task(self.complete(running, call["payload"]["taskToken"]))
                    running.answer(call, answer_to(call))

    async def complete(self, running: Killable, token: str) -> None:
        """A client that got no answer tries again later; one that is refused does not."""
        with suppress(BotoCoreError):
            with suppress(ClientError):
                await running.steps.succeed(token)
            self.tokens.discard(token)


def answer_to(call: Any) -> object:
    is_last = call["payload"].get("turn", 0) >= TURNS
    return {"next": "done"} if is_last else {"next": "wait", "waitSeconds": 3600}


async def kill_at_some_moment(running: Killable, chance: random.Random) -> None:
    await asyncio.sleep(chance.uniform(0, 0.4))
    await running.kill()


async def all_ended(running: Killable) -> None:
    for name in RUNS:
        while (await running.steps.describe(name))["status"] == "RUNNING":
            pass
    await running.kill()


async def test_no_kill_loses_or_doubles_what_a_run_has_done(empty_database_url: str, tmp_path: Path) -> None:
    definition, chance, everybody = tmp_path / "workflow.asl.json", random.Random(1), Everybody()  # noqa: S311
    definition.write_text(shortened(50))
    async with service(empty_database_url, definition) as first:
        await asyncio.gather(*(first.steps.start(name, executionId=name) for name in RUNS))
    for _ in range(KILLS):
        async with service(empty_database_url, definition) as running:
            await asyncio.gather(everybody.work_with(running), kill_at_some_moment(running, chance))
    async with service(empty_database_url, definition) as last:
        await asyncio.gather(everybody.work_with(last), all_ended(last))

    async with service(empty_database_url, definition) as after:
        histories = [(await after.steps.history(name, maxResults=1000))["events"] for name in RUNS]
    for events in histories:
        assert [event["id"] for event in events] == list(range(1, len(events) + 1))
        assert events[-1]["type"] == "ExecutionSucceeded"
        assert attempts(events) == outcomes(events)
        assert slices(events) == TURNS + 1


def attempts(events: list[Any]) -> int:
    return sum(event["type"] == "TaskScheduled" for event in events)


def outcomes(events: list[Any]) -> int:
    return sum(event["type"] in OUTCOMES for event in events)


def slices(events: list[Any]) -> int:
    """Results of slices in the history; each turn has one."""
    exited = [event.get("stateExitedEventDetails", {}).get("name") for event in events]
    return exited.count("RunFlow")
