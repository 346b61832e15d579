"""What becomes of a run, through the API that Step Functions has."""

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.local.workflow.served import Workflow, workflow
from tests.workflow_oracle.definition import shortened

pytestmark = pytest.mark.anyio


@pytest.fixture
async def running(empty_database_url: str, tmp_path: Path) -> AsyncGenerator[Workflow]:
    definition = tmp_path / "workflow.asl.json"
    definition.write_text(shortened(2))
    async with workflow(empty_database_url, definition=definition) as running:
        yield running


async def test_a_run_hands_ids_to_its_functions_and_nothing_else(running: Workflow) -> None:
    await running.steps.start(next="wait")
    waiting = await running.functions.called("await_signal")
    waiting.answer()
    await running.steps.succeed(waiting.token)

    slice_ = await running.functions.called("run_flow")

    assert waiting.payload == {"executionId": "EX1", "workflowRun": 1, "taskToken": waiting.token}
    assert slice_.payload == {"executionId": "EX1", "workflowRun": 1, "turn": 0}


async def test_a_dead_slice_is_recorded_with_its_error_and_the_start_of_its_cause(running: Workflow) -> None:
    await running.steps.start()
    for _ in range(3):
        (await running.functions.called("run_flow")).fail("Sandbox.Timedout")

    recorded = await running.functions.called("record_failure")

    assert recorded.payload["error"] == "Sandbox.Timedout"
    assert json.loads(recorded.payload["cause"])["errorMessage"] == "it broke"
    assert recorded.payload.keys() == {"executionId", "workflowRun", "error", "cause"}


async def test_a_run_counts_its_slices(running: Workflow) -> None:
    await running.steps.start()
    (await running.functions.called("run_flow")).answer({"next": "run"})
    (await running.functions.called("run_flow")).answer({"next": "run"})

    assert (await running.functions.called("run_flow")).payload["turn"] == 2


async def test_a_token_may_come_back_before_its_function_returns(running: Workflow) -> None:
    await running.steps.start(next="wait")
    waiting = await running.functions.called("await_signal")
    await running.steps.succeed(waiting.token)
    slice_ = await running.functions.called("run_flow")
    waiting.fail("Lambda.Unknown")
    slice_.answer({"next": "done"})
    await running.functions.ends.get()

    assert (await running.steps.describe())["status"] == "SUCCEEDED"


async def test_a_stopped_run_ends_at_once_and_refuses_its_token(running: Workflow) -> None:
    await running.steps.start(next="wait")
    waiting = await running.functions.called("await_signal")
    waiting.answer()
    await running.steps.stop(error="Enough", cause="of it")

    ended = await running.steps.describe()
    refusal = await running.steps.refused("send_task_success", taskToken=waiting.token, output="{}")

    assert (ended["status"], ended["error"], ended["cause"]) == ("ABORTED", "Enough", "of it")
    assert refusal == "TaskTimedOut"


async def test_what_a_function_of_a_stopped_run_answers_is_ignored(running: Workflow) -> None:
    await running.steps.start()
    slice_ = await running.functions.called("run_flow")
    await running.steps.stop()
    slice_.answer({"next": "run"})
    await running.functions.ends.get()

    assert (await running.steps.describe())["status"] == "ABORTED"
    assert (await running.steps.history())["events"][-1]["type"] == "ExecutionAborted"


async def test_a_token_works_once(running: Workflow) -> None:
    await running.steps.start(next="wait")
    waiting = await running.functions.called("await_signal")
    await running.steps.succeed(waiting.token)

    for operation, fields in (
        ("send_task_success", {"output": "{}"}),
        ("send_task_failure", {"error": "Late"}),
        ("send_task_heartbeat", {}),
    ):
        assert await running.steps.refused(operation, taskToken=waiting.token, **fields) == "TaskTimedOut"


async def test_a_token_of_an_ended_run_is_over(running: Workflow) -> None:
    await running.steps.start(next="wait")
    waiting = await running.functions.called("await_signal")
    await running.steps.succeed(waiting.token, {"next": "done"})
    await running.functions.ends.get()

    refusal = await running.steps.refused("send_task_success", taskToken=waiting.token, output="{}")

    assert refusal == "TaskTimedOut"


async def test_a_token_of_a_retried_attempt_is_over(running: Workflow) -> None:
    await running.steps.start(next="wait")
    first = await running.functions.called("await_signal")
    first.fail("OperationalError")
    second = await running.functions.called("await_signal")

    refusal = await running.steps.refused("send_task_success", taskToken=first.token, output="{}")

    assert refusal == "TaskTimedOut"
    assert second.token != first.token


async def test_a_token_that_waits_has_a_heart_beat(running: Workflow) -> None:
    await running.steps.start(next="wait")
    waiting = await running.functions.called("await_signal")

    await running.steps.call("send_task_heartbeat", taskToken=waiting.token)

    assert (await running.steps.describe())["status"] == "RUNNING"


async def test_two_answers_to_one_token_count_once(running: Workflow) -> None:
    await running.steps.start(next="wait")
    token = (await running.functions.called("await_signal")).token

    outcomes = await asyncio.gather(*(running.steps.succeed(token) for _ in range(8)), return_exceptions=True)
    (await running.functions.called("run_flow")).answer({"next": "done"})
    await running.functions.ends.get()

    types = [event["type"] for event in (await running.steps.history())["events"]]
    assert outcomes.count(None) == 1
    assert types.count("TaskSucceeded") == 2


async def test_a_wait_that_times_out_goes_on_and_refuses_its_token(running: Workflow) -> None:
    await running.steps.start(next="wait", waitSeconds=1)
    waiting = await running.functions.called("await_signal")
    waiting.answer()
    await running.functions.called("run_flow")

    refusal = await running.steps.refused("send_task_success", taskToken=waiting.token, output="{}")

    assert refusal == "TaskTimedOut"


@pytest.mark.parametrize("more", ["x" * 262_144, 2**64], ids=["too long", "too large a number"])
async def test_a_result_over_the_limits_fails_the_run_past_every_retry_and_catch(
    running: Workflow, more: object
) -> None:
    await running.steps.start()
    (await running.functions.called("run_flow")).answer({"next": "done", "more": more})
    await running.functions.ends.get()

    ended = await running.steps.describe()

    assert (ended["status"], ended["error"]) == ("FAILED", "States.DataLimitExceeded")
