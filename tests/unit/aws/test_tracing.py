"""In processes of their own: what is imported is asked."""

import subprocess
import sys

PROGRAM = """
import sys
from dataclasses import dataclass
from chaingraph.aws.lambda_entry import Function, LambdaEntry

@dataclass
class FakeInvocation:
    aws_request_id: str = "1"
    def get_remaining_time_in_millis(self): return 1000

async def serve(payload, adapters, invocation):
    return payload["executionId"]

environ = {"DATABASE_URL": "postgresql://localhost/x", "TRACING": sys.argv[1]}
answer = LambdaEntry(Function("traced", lambda settings: None, serve), environ)(
    {"executionId": "EX1"}, FakeInvocation()
)
imported = sorted(name for name in ("aws_xray_sdk", "botocore.session") if name in sys.modules)
print("answer", answer, "imported", *imported, file=sys.stderr)
"""


def said(tracing: str) -> str:
    ran = subprocess.run([sys.executable, "-c", PROGRAM, tracing], capture_output=True, text=True, check=True)
    return ran.stderr.splitlines()[-1]


def test_nothing_of_it_is_imported_unless_it_is_on() -> None:
    assert said("false") == "answer EX1 imported"


def test_an_invocation_is_served_where_it_is_on() -> None:
    assert said("true").startswith("answer EX1 imported aws_xray_sdk")
