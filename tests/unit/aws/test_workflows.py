"""What the answers of Step Functions mean."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import orjson
import pytest

from chaingraph.aws.workflows import ATTEMPTS, StepFunctions
from chaingraph.errors import Unavailable
from chaingraph.ids import ExecutionId, TaskToken, WorkflowRun
from chaingraph.interfaces import Completion
from tests.unit.aws.endpoints import Endpoint, HangUp, Naps, Reaction, Reply, client_of, endpoint, named

pytestmark = pytest.mark.anyio

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:flows"
EXECUTION = ExecutionId("EX1")
RUN = WorkflowRun(3)
TOKEN = TaskToken("token")


async def test_a_workflow_is_named_after_its_execution_and_run() -> None:
    async with step_functions() as (workflows, serving):
        await workflows.start(EXECUTION, RUN, 60)

    (received,) = serving.received
    assert received.headers["x-amz-target"] == "AWSStepFunctions.StartExecution"
    assert orjson.loads(received.body) == {
        "stateMachineArn": MACHINE,
        "name": "EX1-3",
        "input": '{"executionId":"EX1","workflowRun":3,"next":"wait","waitSeconds":60}',
    }


async def test_a_workflow_that_has_not_to_wait_runs_at_once() -> None:
    async with step_functions() as (workflows, serving):
        await workflows.start(EXECUTION, RUN, 0)

    assert orjson.loads(orjson.loads(serving.received[0].body)["input"])["next"] == "run"


async def test_a_workflow_that_exists_counts_as_started() -> None:
    async with step_functions(named("ExecutionAlreadyExists")) as (workflows, serving):
        await workflows.start(EXECUTION, RUN, 60)

    assert len(serving.received) == 1


async def test_a_token_is_completed_with_its_output() -> None:
    async with step_functions() as (workflows, serving):
        assert await workflows.complete(TOKEN, {"next": "run"}) is Completion.DELIVERED

    assert orjson.loads(serving.received[0].body) == {"taskToken": "token", "output": '{"next":"run"}'}


@pytest.mark.parametrize("error", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
async def test_a_token_that_nobody_waits_for_is_gone(error: str) -> None:
    async with step_functions(named(error)) as (workflows, _):
        assert await workflows.complete(TOKEN, {}) is Completion.GONE


async def test_a_workflow_is_stopped_by_its_name() -> None:
    async with step_functions() as (workflows, serving):
        await workflows.stop(EXECUTION, RUN, "enough")

    assert orjson.loads(serving.received[0].body) == {
        "executionArn": "arn:aws:states:eu-west-1:123456789012:execution:flows:EX1-3",
        "cause": "enough",
    }


async def test_a_workflow_that_is_not_there_is_stopped() -> None:
    async with step_functions(named("ExecutionDoesNotExist")) as (workflows, _):
        await workflows.stop(EXECUTION, RUN, "enough")


@pytest.mark.parametrize("reaction", [named("ThrottlingException"), Reply(500), HangUp()])
async def test_what_may_pass_is_tried_again(reaction: Reaction) -> None:
    naps = Naps()
    async with step_functions(reaction, reaction, naps=naps) as (workflows, serving):
        await workflows.start(EXECUTION, RUN, 60)

    assert len({received.body for received in serving.received}) == 1
    assert len(serving.received) == 3
    assert naps.seconds == sorted(naps.seconds)


async def test_after_some_attempts_the_service_does_not_answer() -> None:
    async with step_functions(*[Reply(503)] * 10) as (workflows, serving):
        with pytest.raises(Unavailable):
            await workflows.start(EXECUTION, RUN, 60)

    assert len(serving.received) == ATTEMPTS


async def test_a_refusal_that_will_not_pass_is_told_at_once() -> None:
    async with step_functions(named("StateMachineDoesNotExist")) as (workflows, serving):
        with pytest.raises(Unavailable, match="StateMachineDoesNotExist"):
            await workflows.start(EXECUTION, RUN, 60)

    assert len(serving.received) == 1


@asynccontextmanager
async def step_functions(
    *reactions: Reaction, naps: Naps | None = None
) -> AsyncGenerator[tuple[StepFunctions, Endpoint]]:
    async with endpoint(*reactions) as serving, client_of(serving.port, path="", service="states") as client:
        sleep = (naps or Naps()).sleep
        yield StepFunctions(client, MACHINE, sleep=sleep, jitter=lambda: 1.0), serving
