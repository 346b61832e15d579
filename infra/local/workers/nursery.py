"""The parent's end of a nursery process."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from itertools import chain
from typing import Final

import orjson

from infra.local.nursery_process import NurseryLaunch
from infra.local.worker_process import LENGTH
from infra.local.workers.settings import FunctionSettings

FROM_THE_MACHINE: Final = (
    "HOME",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "PATH",
    "PYTHONPATH",
    "SSL_CERT_FILE",
    "TMPDIR",
    "TZ",
    "VIRTUAL_ENV",
)
LEAVE_SECONDS: Final = 2


class Nursery:
    """Started when a zygote is wanted, and again when it has died."""

    def __init__(self, functions: Iterable[FunctionSettings]) -> None:
        self._functions = tuple(functions)
        self._control: socket.socket | None = None
        self._child: subprocess.Popen[bytes] | None = None

    def fork(self, settings: FunctionSettings, fds: tuple[int, int, int]) -> None:
        """Order a zygote; it has the descriptors for its commands, its news and its output."""
        try:
            self._order(settings, fds)
        except OSError:  # it has died
            self.close()
            self._order(settings, fds)

    def close(self) -> None:
        """Its zygotes have left before; one that was killed takes them along."""
        if self._control is None or self._child is None:
            return
        self._control.close()
        self._control = None
        try:
            self._child.wait(LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def _order(self, settings: FunctionSettings, fds: tuple[int, int, int]) -> None:
        function = {
            "name": settings.name,
            "handler": settings.handler,
            "timeout_seconds": settings.timeout_seconds,
            "memory_mb": settings.memory_mb,
        }
        text = orjson.dumps({"function": function, "environment": environment_of(settings)})
        control = self._started()
        socket.send_fds(control, [LENGTH.pack(len(text))], fds)
        control.sendall(text)

    def _started(self) -> socket.socket:
        if self._control is None:
            self._control, theirs = socket.socketpair()
            with theirs:
                self._child = start_child(self._functions, theirs.fileno())
        return self._control


def start_child(functions: Iterable[FunctionSettings], control_fd: int) -> subprocess.Popen[bytes]:
    """A session of its own, so that Ctrl-C in a terminal reaches the parent only."""
    known = tuple(functions)
    launch = NurseryLaunch(modules=modules_of(known), control_fd=control_fd, parent_pid=os.getpid())
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "infra.local.nursery_process", orjson.dumps(asdict(launch)).decode()],
        env={**from_the_machine(), **shared_environment(known)},
        pass_fds=(control_fd,),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def modules_of(functions: Iterable[FunctionSettings]) -> list[str]:
    """Each once."""
    modules = ((settings.handler.partition(":")[0], *settings.preloaded) for settings in functions)
    return list(dict.fromkeys(chain.from_iterable(modules)))


def from_the_machine() -> dict[str, str]:
    return {name: os.environ[name] for name in FROM_THE_MACHINE if name in os.environ}


def shared_environment(functions: Iterable[FunctionSettings]) -> Mapping[str, str]:
    """What every function has in its environment, with the same value."""
    first, *others = (settings.environment for settings in functions)
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}


def environment_of(settings: FunctionSettings) -> dict[str, str]:
    return {
        **from_the_machine(),
        "AWS_LAMBDA_FUNCTION_NAME": settings.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(settings.memory_mb),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{settings.name}",
        "_HANDLER": settings.handler,
        **settings.environment,
    }
