"""ARNs of the one state machine and its runs, and the task tokens of a run."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

REGION = "us-east-1"
ACCOUNT = "000000000000"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:"
RUN = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/workflow"

RUN_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
TOKEN = re.compile(rb"([A-Za-z0-9_-]{1,80})/\d+/[0-9a-f]+")


def machine_arn(machine: str) -> str:
    return MACHINE + machine


def run_arn(machine: str, run: str) -> str:
    return f"{RUN}{machine}:{run}"


def run_of_arn(machine: str, arn: str) -> str | None:
    """The name of the run, if the ARN is that of a run of the machine."""
    prefix = run_arn(machine, "")
    return arn.removeprefix(prefix) if arn.startswith(prefix) else None


def task_token(run: str, event_id: int, secret: str) -> str:
    """A token says to whom it belongs: an old one is told from an invented one without being kept."""
    return urlsafe_b64encode(f"{run}/{event_id}/{secret}".encode()).decode()


def run_of_token(token: str) -> str | None:
    """The name of the run for whose task the token was made, if it is a token at all."""
    try:
        found = TOKEN.fullmatch(urlsafe_b64decode(token.encode()))
    except ValueError:
        return None
    return found[1].decode() if found else None
