"""The workflow service in a test, and functions that wait until the test says what they do."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.local.workers import FunctionFailed
from infra.local.workflow.names import machine_arn, run_arn
from infra.local.workflow.service import WorkflowSettings, serve

NEVER = timedelta(days=1)
EVERY_END = frozenset({"SUCCEEDED", "FAILED", "ABORTED"})
MACHINE_ARN = machine_arn("chaingraph")
STATUS_CHANGE = "Step Functions Execution Status Change"


@asynccontextmanager
async def served(
    settings: WorkflowSettings, invoke: Callable[[str, Any], Awaitable[object]]
) -> AsyncGenerator[str]:
    """The URL of the service's endpoint while it runs."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks:
        service = tasks.create_task(serve(settings, invoke, ready.set_result))
        done, _ = await asyncio.wait([service, ready], return_when=asyncio.FIRST_COMPLETED)
        try:
            if ready in done:
                yield ready.result()
        finally:
            service.cancel()


def client_of(url: str) -> Any:
    """A stock client that repeats nothing by itself."""
    return cast("Any", boto3).client(
        "stepfunctions",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(retries={"total_max_attempts": 1}),
    )


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a function, which goes on until the test ends it."""

    payload: Any
    outcome: "asyncio.Future[object]"

    def answer(self, payload: object = None) -> None:
        self.outcome.set_result(payload)

    def fail(self, error_type: str) -> None:
        self.outcome.set_exception(FunctionFailed(error_type, "it broke"))

    @property
    def token(self) -> str:
        return self.payload["taskToken"]


@dataclass(slots=True)
class Functions:
    """`ends` are the status-change events, which are answered by themselves."""

    calls: dict[str, "asyncio.Queue[Call]"] = field(default_factory=dict[str, "asyncio.Queue[Call]"])
    ends: "asyncio.Queue[Any]" = field(default_factory=asyncio.Queue[Any])
    ticks: "asyncio.Queue[Any]" = field(default_factory=asyncio.Queue[Any])

    async def invoke(self, function: str, payload: Any) -> object:
        if function == "sweep":
            (self.ends if payload["detail-type"] == STATUS_CHANGE else self.ticks).put_nowait(payload)
            return None
        call = Call(payload, asyncio.get_running_loop().create_future())
        self._queue(function).put_nowait(call)
        return await call.outcome

    async def called(self, function: str) -> Call:
        return await self._queue(function).get()

    def _queue(self, function: str) -> "asyncio.Queue[Call]":
        return self.calls.setdefault(function, asyncio.Queue())


@dataclass(frozen=True, slots=True)
class Steps:
    """A client of the service for async tests."""

    client: Any

    async def start(self, name: str = "EX1-1", **changes: object) -> str:
        given = {"executionId": "EX1", "workflowRun": 1, "next": "run", "waitSeconds": 60} | changes
        return (await self.start_with(name, json.dumps(given)))["executionArn"]

    async def start_with(self, name: str, text: str) -> Any:
        return await self.call("start_execution", stateMachineArn=MACHINE_ARN, name=name, input=text)

    async def succeed(self, token: str, output: object = None) -> None:
        await self.call("send_task_success", taskToken=token, output=json.dumps(output))

    async def describe(self, name: str = "EX1-1") -> Any:
        return await self.call("describe_execution", executionArn=run_arn("chaingraph", name))

    async def history(self, name: str = "EX1-1", **paging: object) -> Any:
        return await self.call("get_execution_history", executionArn=run_arn("chaingraph", name), **paging)

    async def stop(self, name: str = "EX1-1", **reason: str) -> Any:
        return await self.call("stop_execution", executionArn=run_arn("chaingraph", name), **reason)

    async def call(self, operation: str, **fields: object) -> Any:
        return await asyncio.to_thread(getattr(self.client, operation), **fields)

    async def refused(self, operation: str, **fields: object) -> str:
        """The code of the error with which the call is refused."""
        try:
            await self.call(operation, **fields)
        except ClientError as error:
            return cast("Any", error).response["Error"]["Code"]
        raise AssertionError(f"{operation} was not refused")


@dataclass(frozen=True, slots=True)
class Workflow:
    steps: Steps
    functions: Functions


@asynccontextmanager
async def workflow(database_url: str, **settings: Any) -> AsyncGenerator[Workflow]:
    """The service with functions of the test; every end is reported, so that a test can wait for it."""
    functions = Functions()
    chosen: dict[str, Any] = {"sweep_interval": NEVER, "reported": EVERY_END, **settings}
    async with served(WorkflowSettings(database_url=database_url, **chosen), functions.invoke) as url:
        yield Workflow(Steps(client_of(url)), functions)
