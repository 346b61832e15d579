"""What the API answers and refuses, in the words of Step Functions."""

import json
from collections.abc import AsyncGenerator

import pytest

from tests.local.workflow.served import MACHINE_ARN, Workflow, workflow

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(60)]

EVENTS = [
    "ExecutionStarted",
    "ChoiceStateEntered",
    "ChoiceStateExited",
    "TaskStateEntered",
    "TaskScheduled",
    "TaskStarted",
    "TaskSucceeded",
    "TaskStateExited",
    "ChoiceStateEntered",
    "ChoiceStateExited",
    "SucceedStateEntered",
    "SucceedStateExited",
    "ExecutionSucceeded",
]


@pytest.fixture
async def running(empty_database_url: str) -> AsyncGenerator[Workflow]:
    async with workflow(empty_database_url) as running:
        yield running


async def finished(running: Workflow, name: str = "EX1-1") -> None:
    await running.steps.start(name)
    (await running.functions.called("run_flow")).answer({"next": "done"})
    await running.functions.ends.get()


async def test_the_same_start_twice_is_one_run(running: Workflow) -> None:
    first = await running.steps.start_with("EX1-1", '{"executionId": "EX1", "next":"run", "workflowRun":1}')
    second = await running.steps.start_with("EX1-1", '{"executionId": "EX1", "next":"run", "workflowRun":1}')

    assert (second["executionArn"], second["startDate"]) == (first["executionArn"], first["startDate"])
    assert (await running.steps.describe())[
        "input"
    ] == '{"executionId": "EX1", "next":"run", "workflowRun":1}'


async def test_a_name_in_use_takes_no_other_input(running: Workflow) -> None:
    await running.steps.start()

    refusal = await running.steps.refused(
        "start_execution", stateMachineArn=MACHINE_ARN, name="EX1-1", input='{"next": "run"}'
    )

    assert refusal == "ExecutionAlreadyExists"


async def test_a_name_is_used_up_by_a_run_that_has_ended(running: Workflow) -> None:
    await finished(running)
    given = (await running.steps.describe())["input"]

    refusal = await running.steps.refused(
        "start_execution", stateMachineArn=MACHINE_ARN, name="EX1-1", input=given
    )

    assert refusal == "ExecutionAlreadyExists"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"input": "{"}, "InvalidExecutionInput"),
        ({"input": '{"a": ' + "9" * 262_144 + "}"}, "ValidationException"),
        ({"input": "[" * 300 + "]" * 300}, "InvalidExecutionInput"),
        ({"name": "a name"}, "InvalidName"),
        ({"stateMachineArn": MACHINE_ARN + "x"}, "StateMachineDoesNotExist"),
    ],
)
async def test_a_bad_start_is_refused(running: Workflow, fields: dict[str, str], code: str) -> None:
    given = {"stateMachineArn": MACHINE_ARN, "name": "EX1-1", "input": "{}"} | fields

    assert await running.steps.refused("start_execution", **given) == code
    assert (await running.steps.call("list_executions", stateMachineArn=MACHINE_ARN))["executions"] == []


@pytest.mark.parametrize(
    ("token", "code"),
    [("rubbish", "InvalidToken"), ("RVgxLTEvNS9hYg==", "TaskDoesNotExist")],
    ids=["no token at all", "of a run that never was"],
)
async def test_a_token_that_was_never_given_is_refused(running: Workflow, token: str, code: str) -> None:
    assert await running.steps.refused("send_task_success", taskToken=token, output="{}") == code
    assert await running.steps.refused("send_task_failure", taskToken=token) == code
    assert await running.steps.refused("send_task_heartbeat", taskToken=token) == code


@pytest.mark.parametrize(
    ("output", "code"), [("{", "InvalidOutput"), ('"' + "x" * 262_144 + '"', "ValidationException")]
)
async def test_a_bad_output_is_refused_and_leaves_the_token(
    running: Workflow, output: str, code: str
) -> None:
    await running.steps.start(next="wait")
    waiting = await running.functions.called("await_signal")

    assert await running.steps.refused("send_task_success", taskToken=waiting.token, output=output) == code
    await running.steps.succeed(waiting.token)


async def test_an_unknown_run_is_refused(running: Workflow) -> None:
    arn = MACHINE_ARN.replace("stateMachine", "execution") + ":EX1-1"

    for operation in ("describe_execution", "get_execution_history", "stop_execution"):
        assert await running.steps.refused(operation, executionArn=arn) == "ExecutionDoesNotExist"
        assert await running.steps.refused(operation, executionArn="arn:aws:x") == "InvalidArn"


async def test_stopping_an_ended_run_changes_nothing(running: Workflow) -> None:
    await finished(running)
    ended = await running.steps.describe()

    stopped = await running.steps.stop()

    assert stopped["stopDate"] == ended["stopDate"]
    assert (await running.steps.describe())["status"] == "SUCCEEDED"


async def test_a_history_is_paged_in_both_directions(running: Workflow) -> None:
    await finished(running)
    whole = (await running.steps.history())["events"]

    first = await running.steps.history(maxResults=4)
    second = await running.steps.history(maxResults=100, nextToken=first["nextToken"])
    backwards = await running.steps.history(reverseOrder=True)

    assert first["events"] + second["events"] == whole
    assert "nextToken" not in second
    assert backwards["events"] == whole[::-1]


async def test_a_history_names_its_events_as_the_platform_does(running: Workflow) -> None:
    await finished(running)

    events = (await running.steps.history())["events"]

    assert [event["type"] for event in events] == EVENTS
    assert [event["previousEventId"] for event in events] == list(range(len(EVENTS)))


async def test_a_history_tells_documents_in_full_wherever_they_pass(running: Workflow) -> None:
    await finished(running)

    events = (await running.steps.history())["events"]

    scheduled = events[4]["taskScheduledEventDetails"]
    entered = events[8]["stateEnteredEventDetails"]
    assert (scheduled["resourceType"], scheduled["resource"]) == ("lambda", "invoke")
    assert scheduled["timeoutInSeconds"] == 930
    assert json.loads(scheduled["parameters"])["FunctionName"] == "run_flow"
    assert json.loads(entered["input"])["next"] == "done"
    assert json.loads(events[12]["executionSucceededEventDetails"]["output"])["next"] == "done"


async def test_runs_are_listed_latest_first_by_pages_and_status(running: Workflow) -> None:
    for name in ("a", "b", "c"):
        await finished(running, name)
    await running.steps.start("d")

    first = await running.steps.call("list_executions", stateMachineArn=MACHINE_ARN, maxResults=3)
    rest = await running.steps.call(
        "list_executions", stateMachineArn=MACHINE_ARN, nextToken=first["nextToken"]
    )
    open_ones = await running.steps.call(
        "list_executions", stateMachineArn=MACHINE_ARN, statusFilter="RUNNING"
    )

    assert [run["name"] for run in first["executions"] + rest["executions"]] == ["d", "c", "b", "a"]
    assert [run["name"] for run in open_ones["executions"]] == ["d"]


async def test_the_machine_tells_its_definition_with_the_functions_put_in(running: Workflow) -> None:
    machine = await running.steps.call("describe_state_machine", stateMachineArn=MACHINE_ARN)

    assert (machine["name"], machine["type"], machine["status"]) == ("chaingraph", "STANDARD", "ACTIVE")
    assert json.loads(machine["definition"])["States"]["RunFlow"]["Arguments"]["FunctionName"] == "run_flow"
