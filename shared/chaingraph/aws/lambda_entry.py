"""The one bridge from a Lambda handler to asynchronous code.

A process keeps one event loop and one set of adapters for all its invocations. The first one makes both: a
process that was forked, or frozen and thawed, starts with no thread and no socket of another life.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Generic, Protocol, TypeVar

import uvloop
from aws_lambda_powertools.logging import Logger

from chaingraph.aws.log_fields import fields_of, noting
from chaingraph.aws.tracing import Tracing, tracing_of
from chaingraph.settings import Settings

Payload = Mapping[str, Any]
# Of an answer, what its line in the log repeats: alarms count some of it.
REPORTED: Final = (
    "statusCode",
    "next",
    "woken",
    "parents",
    "callers",
    "stopped",
    "restarted",
    "called",
    "closed",
    "orphans",
    "events",
    "documents",
    "applied",
)
Adapters = TypeVar("Adapters")


class Invocation(Protocol):
    """What is used of Lambda's second argument."""

    @property
    def aws_request_id(self) -> str: ...

    def get_remaining_time_in_millis(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Function(Generic[Adapters]):
    """One deployed function: its name in the logs, how its adapters are made, what it answers.

    `refuse` makes the reply to a request that met a fault of ours; without it the invocation fails.
    """

    name: str
    open_adapters: Callable[[Settings], Adapters]
    serve: Callable[[Payload, Adapters, Invocation], Awaitable[object]]
    refuse: Callable[[Payload, Exception], object] | None = None


class LambdaEntry(Generic[Adapters]):
    """Lambda calls it like a function. Whatever is raised is logged."""

    def __init__(self, function: Function[Adapters], environ: Mapping[str, str] = os.environ) -> None:
        self._function = function
        self._environ = environ
        self._logger = Logger(service=function.name)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opened_once: tuple[Adapters, Tracing] | None = None

    def __call__(self, payload: Payload, invocation: Invocation) -> object:
        if self._loop is None:
            self._loop = uvloop.new_event_loop()
        return self._loop.run_until_complete(self._serve(payload, invocation))

    def close(self) -> None:
        """For a process that goes on without this function."""
        if self._loop is not None:
            self._loop.close()
            self._loop = None

    async def _serve(self, payload: Payload, invocation: Invocation) -> object:
        began = time.perf_counter()
        with noting() as noted:
            try:
                reply = await self._traced(payload, invocation)
            except Exception as error:
                told = {**_fields(payload, invocation), **fields_of(noted), "duration_ms": _since(began)}
                self._logger.exception("invocation failed", extra=told)
                if self._function.refuse is None:
                    raise
                return self._function.refuse(payload, error)
        told = {
            **_fields(payload, invocation),
            **fields_of(noted),
            **_outcome(reply),
            "duration_ms": _since(began),
        }
        self._logger.info("invocation", extra=told)
        return reply

    async def _traced(self, payload: Payload, invocation: Invocation) -> object:
        adapters, tracing = self._opened()
        work = self._function.serve(payload, adapters, invocation)
        execution_id = payload.get("executionId")
        return await tracing.traced(work, {"execution_id": execution_id} if execution_id else {})

    def _opened(self) -> tuple[Adapters, Tracing]:
        if self._opened_once is None:
            settings = Settings.from_environment(self._environ)
            tracing = tracing_of(self._function.name, is_on=settings.tracing)
            self._opened_once = self._function.open_adapters(settings), tracing
        return self._opened_once


def utc_now() -> datetime:
    return datetime.now(UTC)


def epoch_ms() -> int:
    return int(time.time() * 1000)


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)


def _fields(payload: Payload, invocation: Invocation) -> dict[str, object]:
    """What a line of the log says about an invocation: ids and names, nothing that a client wrote."""
    request = payload.get("requestContext") or {}
    found = {
        "request_id": invocation.aws_request_id,
        "route": request.get("routeKey"),
        "connection_id": request.get("connectionId"),
        "execution_id": payload.get("executionId"),
        "workflow_run": payload.get("workflowRun"),
        "slice": payload.get("turn"),
    }
    return {name: value for name, value in found.items() if value is not None}


def _outcome(reply: object) -> dict[str, object]:
    if not isinstance(reply, dict):
        return {}
    return {name: reply[name] for name in REPORTED if name in reply}
