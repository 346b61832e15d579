"""What every Workflows must do, fake or Step Functions (moto, over HTTP)."""

import json
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, cast
from uuid import uuid4

import anyio.to_thread
import boto3
import pytest
from moto.server import ThreadedMotoServer

from chaingraph.aws.signed_client import SignedClient
from chaingraph.aws.signing import Keys, Signer
from chaingraph.aws.workflows import StepFunctions
from chaingraph.ids import ExecutionId, TaskToken, WorkflowRun, workflow_name
from chaingraph.interfaces import Completion, Workflows
from tests.fakes.workflows import FakeWorkflows, WorkflowStatus

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(60)]

REGION = "us-east-1"
ROLE = "arn:aws:iam::123456789012:role/workflow"
EXECUTION = ExecutionId("EX1")
RUN = WorkflowRun(1)
TOKEN = TaskToken("token")
OUTPUT = {"next": "run"}
STOPPED = "stopped"


class Stage(Protocol):
    @property
    def workflows(self) -> Workflows: ...

    async def waiting_token(self) -> TaskToken:
        """The token for which the only task of the workflow waits, now that it has started."""
        ...

    async def runs(self) -> list[str]:
        """The names of all workflows."""
        ...

    async def outcome(self) -> object:
        """What its task, and with it the workflow, ended with; `STOPPED` when it was stopped."""
        ...


async def test_a_run_is_started_once(stage: Stage) -> None:
    for _ in range(3):
        await stage.workflows.start(EXECUTION, RUN, 60)

    assert await stage.runs() == ["EX1-1"]


async def test_another_run_of_the_same_execution_is_another_workflow(stage: Stage) -> None:
    await stage.workflows.start(EXECUTION, RUN, 60)
    await stage.workflows.start(EXECUTION, WorkflowRun(2), 0)

    assert sorted(await stage.runs()) == ["EX1-1", "EX1-2"]


async def test_a_waiting_task_ends_with_the_output_it_is_given(stage: Stage) -> None:
    await stage.workflows.start(EXECUTION, RUN, 60)
    token = await stage.waiting_token()

    assert await stage.workflows.complete(token, OUTPUT) is Completion.DELIVERED
    assert await stage.outcome() == OUTPUT


async def test_a_token_that_nobody_gave_out_is_gone(stage: Stage) -> None:
    assert await stage.workflows.complete(TaskToken("made up"), OUTPUT) is Completion.GONE


async def test_a_workflow_that_runs_is_stopped(stage: Stage) -> None:
    await stage.workflows.start(EXECUTION, RUN, 60)
    token = await stage.waiting_token()
    await stage.workflows.stop(EXECUTION, RUN, "enough")
    # moto 5.2.5 notices the end of a workflow whose task waits when the task is completed.
    await stage.workflows.complete(token, OUTPUT)

    assert await stage.outcome() == STOPPED


async def test_a_workflow_that_is_not_there_may_be_stopped(stage: Stage) -> None:
    await stage.workflows.stop(EXECUTION, RUN, "enough")

    assert await stage.runs() == []


# ------------------------------------------------------------------ stages


@dataclass(slots=True)
class FakeStage:
    workflows: FakeWorkflows

    async def waiting_token(self) -> TaskToken:
        self.workflows.wait(TOKEN, EXECUTION, RUN)
        return TOKEN

    async def runs(self) -> list[str]:
        return list(self.workflows.started)

    async def outcome(self) -> object:
        if self.workflows.started[workflow_name(EXECUTION, RUN)].status is WorkflowStatus.STOPPED:
            return STOPPED
        return self.workflows.completed[TOKEN]


@dataclass(slots=True)
class MotoStage:
    """A machine whose only task sends its token to a queue and waits for it."""

    workflows: StepFunctions
    states: Any
    queues: Any
    machine: str
    queue: str

    async def waiting_token(self) -> TaskToken:
        while True:
            received = await anyio.to_thread.run_sync(self._receive)
            for message in received.get("Messages", []):
                return TaskToken(json.loads(message["Body"])["token"])

    async def runs(self) -> list[str]:
        found = self.states.list_executions(stateMachineArn=self.machine)["executions"]
        return [execution["name"] for execution in found]

    async def outcome(self) -> object:
        machine = self.machine.replace(":stateMachine:", ":execution:")
        workflow = f"{machine}:{workflow_name(EXECUTION, RUN)}"
        while (described := self._described(workflow))["status"] == "RUNNING":  # noqa: ASYNC110 — nobody is told
            await anyio.sleep(0.01)
        # moto 5.2.5 calls it FAILED when the stop comes before the wait for the token that it has sent.
        return json.loads(described["output"]) if described["status"] == "SUCCEEDED" else STOPPED

    def _described(self, workflow: str) -> dict[str, Any]:
        return self.states.describe_execution(executionArn=workflow)

    def _receive(self) -> dict[str, Any]:
        return self.queues.receive_message(QueueUrl=self.queue, WaitTimeSeconds=1)


class LocalCredentials:
    async def keys(self) -> Keys:
        return Keys(access_key="local", secret_key="local", token=None)


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    """A server that runs what is started."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    settings = json.dumps({"stepfunctions": {"execute_state_machine": True}}).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_PORT", url.rpartition(":")[2])
        urllib.request.urlopen(f"{url}/moto-api/config", settings).close()
        yield url
    server.stop()


@pytest.fixture(params=["fake", "moto"])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    if request.param == "fake":
        yield FakeStage(FakeWorkflows())
        return
    url = request.getfixturevalue("moto_url")
    states, queues = (client(service, url) for service in ("stepfunctions", "sqs"))
    name = uuid4().hex
    queue = queues.create_queue(QueueName=name)["QueueUrl"]
    machine = states.create_state_machine(name=name, definition=waiting_on(queue), roleArn=ROLE)
    signed = SignedClient(
        url,
        signer=Signer(service="states", region=REGION),
        credentials=LocalCredentials(),
        now=lambda: datetime.now(UTC),
    )
    arn = machine["stateMachineArn"]
    yield MotoStage(StepFunctions(signed, arn), states, queues, arn, queue)
    await signed.close()


def client(service: str, url: str) -> Any:
    return cast("Any", boto3).client(
        service,
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def waiting_on(queue: str) -> str:
    wait = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": queue, "MessageBody": {"token.$": "$$.Task.Token"}},
        "End": True,
    }
    return json.dumps({"StartAt": "Wait", "States": {"Wait": wait}})
