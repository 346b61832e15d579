"""Workflows as runs of a Step Functions state machine."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Final

import orjson

from chaingraph.aws.answers import Answer, NoAnswer, NotSent
from chaingraph.aws.credentials import Credentials
from chaingraph.aws.signed_client import SignedClient
from chaingraph.aws.signing import Signer
from chaingraph.errors import Unavailable
from chaingraph.ids import ExecutionId, TaskToken, WorkflowRun, workflow_name
from chaingraph.interfaces import Completion

ATTEMPTS: Final = 5
ANSWER_SECONDS: Final = 3.0
FIRST_DELAY_SECONDS: Final = 0.1
MAX_DELAY_SECONDS: Final = 2.0
MAX_CAUSE_CHARACTERS: Final = 32_768

NO_ANSWER: Final = "no answer"
REPEATED: Final = frozenset(
    {
        NO_ANSWER,
        "ThrottlingException",
        "TooManyRequestsException",
        "ExecutionLimitExceeded",
    }
)
TOKEN_GONE: Final = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})
STARTED: Final = frozenset({"ExecutionAlreadyExists"})
STOPPED: Final = frozenset({"ExecutionDoesNotExist"})


class StepFunctions:
    """Implements `Workflows`. Every call may be repeated, so those without an answer are."""

    def __init__(
        self,
        client: SignedClient,
        state_machine_arn: str,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._client = client
        self._state_machine_arn = state_machine_arn
        self._sleep = sleep
        self._jitter = jitter

    async def start(self, execution_id: ExecutionId, run: WorkflowRun, wait_seconds: int) -> None:
        start = {
            "stateMachineArn": self._state_machine_arn,
            "name": workflow_name(execution_id, run),
            "input": workflow_input(execution_id, run, wait_seconds),
        }
        await self._call("StartExecution", start, accepted=STARTED)

    async def complete(self, token: TaskToken, output: Mapping[str, object]) -> Completion:
        answer = {"taskToken": token, "output": orjson.dumps(dict(output)).decode()}
        refusal = await self._call("SendTaskSuccess", answer, accepted=TOKEN_GONE)
        return Completion.GONE if refusal else Completion.DELIVERED

    async def stop(self, execution_id: ExecutionId, run: WorkflowRun, cause: str) -> None:
        machine = self._state_machine_arn.replace(":stateMachine:", ":execution:", 1)
        stop = {
            "executionArn": f"{machine}:{workflow_name(execution_id, run)}",
            "cause": cause[:MAX_CAUSE_CHARACTERS],
        }
        await self._call("StopExecution", stop, accepted=STOPPED)

    async def _call(
        self, action: str, arguments: Mapping[str, object], *, accepted: frozenset[str]
    ) -> str | None:
        """The name of the refusal, if it is one of the accepted ones; None when the call succeeded."""
        body = orjson.dumps(arguments)
        refusal = await self._try(action, body)
        for attempt in range(1, ATTEMPTS):
            if refusal not in REPEATED:
                break
            delay = min(MAX_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2**attempt)
            await self._sleep(delay * self._jitter())
            refusal = await self._try(action, body)
        if refusal is None or refusal in accepted:
            return refusal
        raise Unavailable(f"{action}: {refusal}")

    async def _try(self, action: str, body: bytes) -> str | None:
        headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"AWSStepFunctions.{action}"}
        try:
            answer = await self._client.request("POST", "/", body, headers)
        except (NotSent, NoAnswer):
            return NO_ANSWER
        return _refusal(answer)


def step_functions(
    state_machine_arn: str, *, endpoint: str, credentials: Credentials, now: Callable[[], datetime]
) -> StepFunctions:
    """An empty endpoint is the one of the state machine's region."""
    region = state_machine_arn.split(":")[3]
    client = SignedClient(
        endpoint or f"https://states.{region}.amazonaws.com",
        signer=Signer(service="states", region=region),
        credentials=credentials,
        now=now,
        answer_seconds=ANSWER_SECONDS,
    )
    return StepFunctions(client, state_machine_arn)


def workflow_input(execution_id: ExecutionId, run: WorkflowRun, wait_seconds: int) -> str:
    """The same text whenever the same run is started again: another one would be refused."""
    first = "wait" if wait_seconds > 0 else "run"
    start = {"executionId": execution_id, "workflowRun": run, "next": first, "waitSeconds": wait_seconds}
    return orjson.dumps(start).decode()


def _refusal(answer: Answer) -> str | None:
    if answer.status == HTTPStatus.OK:
        return None
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return NO_ANSWER
    try:
        named: object = orjson.loads(answer.body)["__type"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return str(answer.status)
    return str(named).rpartition("#")[2]
