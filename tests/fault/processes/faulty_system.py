"""The whole system on this machine, for tests that kill its processes and start it again."""

import os
import shutil
import signal
import tempfile
import urllib.error
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPException
from pathlib import Path
from threading import Event
from uuid import uuid4

from infra.local.database import own_server
from infra.local.ports import free_port
from tests.fault.fifty_nodes import fifty_nodes
from tests.fault.processes.kept_ledger import KeptRun, read_ledger
from tests.fault.processes.node_package import make_package, path_with
from tests.local_system import HttpAnswer, System, database_pid, end, start, wait_until_ready
from tests.processes import Running, variable

# Whoever dies is missed soon.
SETTINGS = {
    "CLAIM_TIMEOUT_MS": "3000",
    "RECOVERY_SCAN_INTERVAL_MS": "1000",
    "RELAY_LEASE_MS": "1000",
}
TURN_SECONDS = 0.15
# How often a test is repeated, each time otherwise, with --every-fault.
ROUNDS = 8
RETRY_SECONDS = 0.05
AWAY = (urllib.error.URLError, ConnectionError, HTTPException, TimeoutError)


@dataclass
class FaultySystem:
    """`folder` holds its state, the package of its node types, and their ledger."""

    folder: Path
    system: System
    port: int

    @property
    def runs(self) -> list[KeptRun]:
        return list(read_ledger(ledger_in(self.folder)))

    @property
    def database_url(self) -> str:
        return own_server(self.system.state).url

    @property
    def workflow_url(self) -> str:
        """Of the workflow's API, as the relay is told."""
        while (relay := self.part("functions.relay")) is None:
            Event().wait(RETRY_SECONDS)
        return variable("WORKFLOW_ENDPOINT", relay)

    @property
    def websocket_url(self) -> str:
        return f"{self.system.addresses.websocket_url}?token={self.token}"

    @cached_property
    def token(self) -> str:
        return self.system.token()

    @cached_property
    def flow_id(self) -> str:
        return self.system.store(fifty_nodes(), token=self.token)

    # ------------------------------------------------------------ its processes

    @property
    def database(self) -> int:
        return database_pid(self.system.state)

    def part(self, module: str) -> int | None:
        """The process of a part, if there is one at the moment."""
        found = [each.pid for each in self.system.processes() if _is_part(each, module)]
        return found[0] if found else None

    def kill_everything(self) -> None:
        """Nobody has a moment to put anything away."""
        processes = [each.pid for each in self.system.processes()]
        for pid in (self.system.program.pid, self.database, *processes):
            send(signal.SIGKILL, pid)
        self.system.program.communicate()

    def start_again(self) -> None:
        self.system = _started(self.folder, self.port)

    # ------------------------------------------------------------ its clients

    def create(self, flow_id: str | None = None, **options: object) -> str:
        """Under one key, however often it is asked."""
        body = {"flowId": flow_id or self.flow_id, "idempotencyKey": str(uuid4()), **options}
        return self.asked("POST", "/v1/executions", body).json["executionId"]

    def order(self, execution_id: str, command: str) -> HttpAnswer:
        return self.asked("POST", f"/v1/executions/{execution_id}/{command}", {})

    def asked(self, method: str, path: str, json: object = None) -> HttpAnswer:
        """Again and again while something is away."""
        while True:
            with suppress(*AWAY):
                answer = self.system.request(method, path, json, token=self.token)
                if answer.status < 500:
                    return answer
            Event().wait(RETRY_SECONDS)

    def until_status(self, execution_id: str, status: str) -> None:
        while self.asked("GET", f"/v1/executions/{execution_id}").json["status"] != status:
            Event().wait(RETRY_SECONDS)


def send(number: signal.Signals, pid: int) -> None:
    """To a process that may be gone."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


@contextmanager
def faulty_system() -> Generator[FaultySystem]:
    """One that is ready; at the end nothing of it is left."""
    folder = Path(tempfile.mkdtemp(prefix="chaingraph-faults-"))
    folder.chmod(0o755)
    try:
        (folder / "package").mkdir()
        make_package(folder / "package", ledger_in(folder), TURN_SECONDS)
        port = free_port()
        system = FaultySystem(folder, _started(folder, port), port)
        try:
            yield system
        finally:
            end(system.system)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def ledger_in(folder: Path) -> Path:
    return folder / "ledger"


def _started(folder: Path, port: int) -> System:
    state = folder / "state"
    settings = {**SETTINGS, "PYTHONPATH": path_with(folder / "package")}
    system = System(state, start(state, "--no-example", "--port", str(port), **settings))
    try:
        wait_until_ready(system)
    except BaseException:
        end(system)
        raise
    return system


def _is_part(candidate: Running, module: str) -> bool:
    return " infra.local.part " in candidate.command and f" {module}." in candidate.command
