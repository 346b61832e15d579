"""In processes of their own: what is imported is asked."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import pytest

PROGRAM = """
import sys
from dataclasses import dataclass
from chaingraph.aws.lambda_entry import Function, LambdaEntry

@dataclass
class FakeInvocation:
    aws_request_id: str = "1"
    def get_remaining_time_in_millis(self): return 1000

async def serve(payload, adapters, invocation):
    if payload["executionId"] == "EX2":
        raise ValueError("broken")
    return payload["executionId"]

environ = {"DATABASE_URL": "postgresql://localhost/x", "TRACING": sys.argv[1]}
function = Function("traced", lambda settings: None, serve, lambda payload, error: "refused")
entry = LambdaEntry(function, environ)
answers = [entry({"executionId": "EX1"}, FakeInvocation()), entry({"executionId": "EX2"}, FakeInvocation())]
imported = sorted(name for name in ("aws_xray_sdk", "botocore.session") if name in sys.modules)
print("answers", *answers, "imported", *imported, file=sys.stderr)
"""

HANDLERS = """
import importlib, pathlib, sys
import functions
for handler in pathlib.Path(functions.__file__).parent.glob("*/handler.py"):
    importlib.import_module(f"functions.{handler.parent.name}.handler")
print(sorted(name for name in sys.modules if name.startswith("aws_xray_sdk")), file=sys.stderr)
"""

TRACE = "1-5759e988-bd862e3fe1be46a994272793"
PARENT = "53995c3f42cd8ad8"


def said(*arguments: str, **environment: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    )
    return ran.stderr.splitlines()[-1]


@pytest.fixture
def daemon() -> Iterator[socket.socket]:
    """Stands in for the X-Ray daemon, to which segments are sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(0)
        yield listening


def received(daemon: socket.socket) -> Iterator[dict[str, Any]]:
    """What has come: each with a line before that says how it is written."""
    while True:
        try:
            head, _, segment = daemon.recv(65_536).partition(b"\n")
        except BlockingIOError:
            return
        assert orjson.loads(head) == {"format": "json", "version": 1}
        yield orjson.loads(segment)


def lambda_environment(daemon: socket.socket) -> Mapping[str, str]:
    return {
        "LAMBDA_TASK_ROOT": "/var/task",
        "_X_AMZN_TRACE_ID": f"Root={TRACE};Parent={PARENT};Sampled=1",
        "AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{daemon.getsockname()[1]}",
    }


def test_no_handler_imports_it() -> None:
    assert said(HANDLERS) == "[]"


def test_nothing_of_it_is_imported_unless_it_is_on(daemon: socket.socket) -> None:
    assert said(PROGRAM, "false", **lambda_environment(daemon)) == "answers EX1 refused imported"
    assert list(received(daemon)) == []


def test_where_it_is_on_every_invocation_is_a_segment_of_its_trace(daemon: socket.socket) -> None:
    answers = said(PROGRAM, "true", **lambda_environment(daemon))
    served, failed = received(daemon)

    assert answers.startswith("answers EX1 refused imported aws_xray_sdk")
    assert (served["trace_id"], served["parent_id"]) == (TRACE, PARENT)
    assert served["name"] == "## traced"
    assert [each["annotations"]["execution_id"] for each in (served, failed)] == ["EX1", "EX2"]
    assert served["end_time"] >= served["start_time"]
    assert (served.get("fault"), failed["fault"]) == (None, True)
    assert failed["cause"]["exceptions"][0]["message"] == "broken"
