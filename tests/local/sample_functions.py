"""Handlers that the tests run in worker processes."""

import ctypes
import os
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

# A test that reads the other end of this pipe learns when this process and all its forks are gone.
HELD = Path(os.environ["HELD_PIPE"]).open("wb") if "HELD_PIPE" in os.environ else None  # noqa: SIM115

invocations_of_this_process = 0


class OutOfPaper(Exception):
    """An error of the function itself."""


def echo(event: Any, _: Any) -> object:
    return event


def count(_: Any, __: Any) -> object:
    """Who answers, and how often it has."""
    global invocations_of_this_process  # noqa: PLW0603
    invocations_of_this_process += 1
    return {"pid": os.getpid(), "count": invocations_of_this_process}


def fail(event: Any, _: Any) -> object:
    raise OutOfPaper(event["message"])


def leave(event: Any, _: Any) -> object:
    sys.exit(event["status"])


def crash(_: Any, __: Any) -> object:
    return ctypes.string_at(0)


def wait(event: Any, _: Any) -> object:
    """Say so, then wait for a line from a pipe."""
    print("waiting")  # noqa: T201
    with Path(event["pipe"]).open() as pipe:
        text = pipe.readline().strip()
    print("done")  # noqa: T201
    return text


def describe(event: Any, invocation: Any) -> object:
    return {
        "name": invocation.function_name,
        "memory": invocation.memory_limit_in_mb,
        "arn": invocation.invoked_function_arn,
        "request_id": invocation.aws_request_id,
        "remaining": invocation.get_remaining_time_in_millis(),
        "environment": dict(os.environ),
        "is_main_thread": threading.current_thread() is threading.main_thread(),
        "event": event,
    }


def speak(event: Any, _: Any) -> object:
    print(event["out"])  # noqa: T201
    print(event["err"], file=sys.stderr)  # noqa: T201
    return None


def answer_of_size(event: Any, _: Any) -> object:
    return "x" * event["size"]


def answer_a_date(_: Any, __: Any) -> object:
    return datetime(2026, 1, 1, tzinfo=UTC)
