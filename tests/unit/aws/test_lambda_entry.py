import asyncio
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

import orjson
import pytest

from chaingraph.aws.lambda_entry import Function, Invocation, LambdaEntry, Payload
from chaingraph.aws.log_fields import note
from chaingraph.errors import Unavailable
from chaingraph.settings import InvalidSetting, Settings

ENVIRONMENT = {"DATABASE_URL": "postgresql://user:hunter2@localhost/x"}


@dataclass(frozen=True, slots=True)
class FakeInvocation:
    aws_request_id: str = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 1000


class Opened:
    """Adapters that count how often they were made."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, _: Settings) -> "Opened":
        self.count += 1
        return self


def call(
    function: Function[Opened], *payloads: Payload, environ: Mapping[str, str] = ENVIRONMENT
) -> list[object]:
    """One process that serves these payloads."""
    with closing(LambdaEntry(function, environ)) as entry:
        return [entry(payload, FakeInvocation()) for payload in payloads]


async def failing(_: Payload, __: Opened, ___: Invocation) -> object:
    raise Unavailable("the database does not answer")


def test_one_event_loop_and_one_set_of_adapters_serve_every_invocation() -> None:
    opened, loops = Opened(), list[asyncio.AbstractEventLoop]()

    async def serve(payload: Payload, _: Opened, __: Invocation) -> object:
        loops.append(asyncio.get_running_loop())
        return payload["n"]

    answers = call(Function("one-loop", opened, serve), {"n": 0}, {"n": 1}, {"n": 2})

    assert answers == [0, 1, 2]
    assert (len(set(loops)), opened.count) == (1, 1)


def test_nothing_is_made_before_the_first_invocation() -> None:
    opened = Opened()

    call(Function("idle", opened, failing))

    assert opened.count == 0


def test_adapters_that_could_not_be_made_are_tried_again() -> None:
    attempts: list[int] = []

    def open_adapters(_: Settings) -> Opened:
        attempts.append(1)
        if len(attempts) == 1:
            raise Unavailable("not yet")
        return Opened()

    async def serve(_: Payload, __: Opened, ___: Invocation) -> object:
        return "served"

    with closing(LambdaEntry(Function("twice", open_adapters, serve), ENVIRONMENT)) as entry:
        with pytest.raises(Unavailable):
            entry({}, FakeInvocation())
        answer = entry({}, FakeInvocation())

    assert answer == "served"


def test_a_failed_task_fails_the_invocation() -> None:
    with pytest.raises(Unavailable):
        call(Function("fails", Opened(), failing), {})


def test_a_failed_request_is_answered() -> None:
    def refuse(payload: Payload, error: Exception) -> object:
        return payload["id"], type(error)

    answers = call(Function("refuses", Opened(), failing, refuse), {"id": 7})

    assert answers == [(7, Unavailable)]


def test_a_function_without_its_settings_says_which_one_is_missing() -> None:
    with pytest.raises(InvalidSetting, match="DATABASE_URL"):
        call(Function("unset", Opened(), failing), {}, environ={})


def test_a_line_of_the_log_says_what_was_asked_and_how_it_ended(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def serve(_: Payload, __: Opened, ___: Invocation) -> object:
        return {"statusCode": 200, "body": "secret answer"}

    payload = {
        "requestContext": {"routeKey": "mutation", "connectionId": "here"},
        "body": "secret question",
        "headers": {"authorization": "Bearer secret"},
    }
    call(Function("logged", Opened(), serve), payload)

    text = capsys.readouterr().out
    line = orjson.loads(text)
    expected = {"route": "mutation", "connection_id": "here", "request_id": "request-1", "statusCode": 200}
    assert {name: line[name] for name in expected} == expected
    assert line["duration_ms"] >= 0
    assert "secret" not in text


def test_a_failure_is_logged_with_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Unavailable):
        call(Function("logged-failure", Opened(), failing), {"executionId": "EX1"})

    line = orjson.loads(capsys.readouterr().out)
    assert (line["level"], line["execution_id"]) == ("ERROR", "EX1")
    assert "the database does not answer" in line["exception"]


def test_what_is_noted_meanwhile_stands_in_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    async def serve(payload: Payload, _: Opened, __: Invocation) -> object:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(noting_later("execution_id", payload["id"]))
        if payload["id"] == "EX2":
            raise Unavailable("gone")
        return {}

    def refuse(_: Payload, __: Exception) -> object:
        return {}

    call(Function("noting", Opened(), serve, refuse), {"id": "EX1"}, {"id": "EX2"})
    note("dropped", "outside of an invocation")

    served, failed = [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (served["message"], served["execution_id"]) == ("invocation", "EX1")
    assert (failed["message"], failed["execution_id"]) == ("invocation failed", "EX2")


async def noting_later(name: str, value: object) -> None:
    note(name, value)
