"""The whole system on one machine, started once for all tests that need it.

Tests that use it belong to the xdist group `system`, so that it is started once a run.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from chaingraph.cli.local_system import LocalSystem, read_local_system
from chaingraph.cli.local_tokens import Bearer, read_signing_key, sign_token
from infra.local.worker_process import PR_SET_PDEATHSIG
from tests.processes import Running, below, running

ROOT = Path(__file__).parents[1]
STOP_SECONDS = 30
# No execution of the tests waits for a start in vain; a part that was killed is replaced soon.
SETTINGS = {"RELAY_LEASE_MS": "2000"}


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass(frozen=True, slots=True)
class System:
    """What a test may ask of the running system."""

    state: Path
    program: subprocess.Popen[str]
    said: list[str] = field(default_factory=list[str])

    @property
    def addresses(self) -> LocalSystem:
        return read_local_system(self.state)

    @property
    def port(self) -> int:
        return int(self.addresses.http_url.rpartition(":")[2])

    def token(self, user: str = "alice", role: str | None = None) -> str:
        key = read_signing_key(self.state)
        return sign_token(Bearer(user, role), key, system=self.addresses, now=datetime.now(UTC))

    def processes(self) -> list[Running]:
        """Everything that the supervisor started and that has not left it."""
        return below(self.program.pid, running())

    def part(self, module: str) -> Running:
        """The process of a part, by its package."""
        (found,) = [
            each
            for each in self.processes()
            if " infra.local.part " in each.command and f" {module}." in each.command
        ]
        return found

    def workers(self, function: str) -> list[Running]:
        """The processes that run the invocations of a function."""
        zygote = self.zygote(function)
        return [each for each in self.processes() if each.parent == zygote.pid]

    def zygote(self, function: str) -> Running:
        """The process from which the workers of a function are forked."""
        found = [each for each in self.processes() if each.name == function]
        pids = {each.pid for each in found}
        (zygote,) = [each for each in found if each.parent not in pids]
        return zygote

    def request(
        self, method: str, path: str, json: object = None, *, token: str | None = None, body: bytes = b""
    ) -> HttpAnswer:
        sent = orjson.dumps(json) if json is not None else body
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        request = urllib.request.Request(
            f"{self.addresses.http_url}{path}", sent or None, headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return HttpAnswer(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            return HttpAnswer(error.code, dict(error.headers), error.read())

    def store(self, document: object, *, token: str) -> str:
        """The id of the flow."""
        answer = self.request("POST", "/v1/flows", document, token=token)
        assert answer.status == 201, answer.body
        return answer.json["id"]


@pytest.fixture(scope="session")
def local_system() -> Generator[System]:
    with state_folder() as state, started(state) as system:
        yield system


@contextmanager
def state_folder() -> Generator[Path]:
    """One that the database's account can reach when the tests run as root."""
    folder = Path(tempfile.mkdtemp(prefix="chaingraph-system-"))
    folder.chmod(0o755)
    try:
        yield folder / "state"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def started(state: Path, *arguments: str) -> Generator[System]:
    """A system that is ready; at the end nothing of it is left."""
    program = start(state, "--no-example", "--port", "0", *arguments)
    system = System(state, program)
    try:
        wait_until_ready(system)
        yield system
    finally:
        end(system)


def start(state: Path, *arguments: str, **settings: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "infra.local", "--state", str(state), *arguments],
        cwd=ROOT,
        env={**_environment(), **SETTINGS, **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=end_with_parent,  # noqa: PLW1509 - no thread of the tests holds a lock here
    )


def end_with_parent() -> None:
    """A run of the tests that is killed takes the system along, the database included."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def wait_until_ready(system: System) -> None:
    wait_for_line(system, "Ctrl-C ends the system.")


def wait_for_line(system: System, text: str) -> str:
    """Read what the supervisor says until it says this; the line."""
    assert system.program.stdout is not None
    for line in system.program.stdout:
        system.said.append(line)
        if text in line:
            return line
    raise AssertionError(f"the supervisor ended without {text!r}:\n{''.join(system.said)}")


def end(system: System) -> None:
    """Also what a test has left behind: parts without a supervisor, and the database."""
    left = system.processes()
    system.program.send_signal(signal.SIGTERM)
    try:
        system.program.communicate(timeout=STOP_SECONDS)
    finally:
        system.program.kill()
        for each in left:
            each.kill()


def database_pid(state: Path) -> int:
    return int((state / "postgres" / "data" / "postmaster.pid").read_text().split()[0])


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
