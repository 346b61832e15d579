"""MiniStack in a server of its own: an emulator of AWS that nobody here wrote."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config

REGION: Final = "eu-west-1"
ACCOUNT: Final = "000000000000"
SERVE: Final = (sys.executable, "-m", "hypercorn", "ministack.app:app", "--bind")
START_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.1
LOG_CHARACTERS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Emulator:
    """`log`: what it and its functions print."""

    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, service: str) -> Any:
        make: Any = boto3.client
        return make(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}),
        )


@contextmanager
def emulator(folder: Path) -> Generator[Emulator]:
    """It listens on one port of the loopback address, and leaves nothing outside of the folder.

    What it printed last is printed again: pytest shows it with a test that fails.
    """
    folder.mkdir(parents=True)
    log = folder / "emulator.log"
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listening, log.open("wb") as output:
        port = listening.getsockname()[1]
        command = [*SERVE, f"fd://{listening.fileno()}"]
        server = subprocess.Popen(
            command,
            env=_environment(port, folder),
            pass_fds=(listening.fileno(),),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            _await_health(Emulator(port, log), server)
            yield Emulator(port, log)
        finally:
            _end(server)
            sys.stderr.write(log.read_text(errors="replace")[-LOG_CHARACTERS:])


def _environment(port: int, folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "AWS_DEFAULT_REGION": REGION,
        "LAMBDA_EXECUTOR": "local",
        # No other port, and no containers where there is an engine.
        "IOT_MTLS_ENABLED": "0",
        "DOCKER_HOST": "unix:///nowhere",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _await_health(started: Emulator, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"{started.url}/_ministack/health", timeout=5):
            return
        time.sleep(POLL_SECONDS)  # it tells nobody when it is ready
    raise AssertionError(f"MiniStack does not start: {started.log.read_text()[-2000:]}")


def _end(server: subprocess.Popen[bytes]) -> None:
    """Its session holds the workers of its functions, too."""
    server.terminate()
    with suppress(subprocess.TimeoutExpired):
        server.wait(10)
    with suppress(ProcessLookupError):
        os.killpg(server.pid, 9)
    server.wait()
