"""The parent's end of a zygote process."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Final

import orjson

from infra.local.worker_process import COMMAND, FORK, LENGTH, REAP, Launch
from infra.local.workers.failures import FunctionFailed, raised
from infra.local.workers.output import OutputLines
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


class Zygote:
    """Commands may be sent at once: they wait in the socket until the handler is imported.

    `on_end` is called once, with the failure when the handler could not be imported.
    """

    def __init__(
        self,
        settings: FunctionSettings,
        on_output: Callable[[str, str], None],
        on_end: Callable[["Zygote", FunctionFailed | None], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_end = on_end
        self._received = bytearray()
        self._failure: FunctionFailed | None = None
        self.has_imported = False
        self.ready: asyncio.Future[None] = self._loop.create_future()
        self._control, theirs = socket.socketpair()
        self._control.setblocking(False)  # noqa: FBT003
        output_fd, its_output_fd = os.pipe()
        # A pipe, because uvloop drops the reader of a socket whose peer died with commands unread.
        self._news_fd, its_news_fd = os.pipe()
        os.set_blocking(self._news_fd, False)
        with theirs:
            self._child = start_child(settings, theirs.fileno(), its_news_fd, its_output_fd)
        os.close(its_output_fd)
        os.close(its_news_fd)
        self._output = OutputLines(output_fd, lambda line: on_output(settings.name, line))
        self._loop.add_reader(self._news_fd, self._read)

    @property
    def pid(self) -> int:
        return self._child.pid

    def fork(self, worker_end: socket.socket) -> None:
        socket.send_fds(self._control, [COMMAND.pack(FORK, 0)], [worker_end.fileno()])

    def reap(self, worker_pid: int) -> None:
        with contextlib.suppress(OSError):
            self._control.send(COMMAND.pack(REAP, worker_pid))

    async def close(self) -> None:
        """Let it reap its workers and leave."""
        if self._control.fileno() == -1:
            return
        self._stop_reading()
        try:
            await asyncio.to_thread(self._child.wait, LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._output.close()

    def _read(self) -> None:
        try:
            received = os.read(self._news_fd, 65536)
        except BlockingIOError:
            return
        if received:
            self._received += received
            self._understand()
        else:
            self._end()

    def _understand(self) -> None:
        size = (
            LENGTH.size + LENGTH.unpack_from(self._received)[0]
            if len(self._received) >= LENGTH.size
            else LENGTH.size
        )
        if len(self._received) < size or size == LENGTH.size:
            return
        message = orjson.loads(memoryview(self._received)[LENGTH.size : size])
        if "error" in message:
            self._failure = raised(message["error"])
        elif not self.has_imported:
            self.has_imported = True
            self.ready.set_result(None)

    def _end(self) -> None:
        self._stop_reading()
        self._child.kill()
        self._child.wait()
        self._output.close()
        self._on_end(self, self._failure)

    def _stop_reading(self) -> None:
        self._loop.remove_reader(self._news_fd)
        os.close(self._news_fd)
        self._control.close()
        self.ready.cancel()


def start_child(
    settings: FunctionSettings, control_fd: int, news_fd: int, output_fd: int
) -> subprocess.Popen[bytes]:
    """A session of its own, so that Ctrl-C in a terminal reaches the parent only."""
    launch = Launch(
        name=settings.name,
        handler=settings.handler,
        timeout_seconds=settings.timeout_seconds,
        memory_mb=settings.memory_mb,
        control_fd=control_fd,
        news_fd=news_fd,
        parent_pid=os.getpid(),
    )
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "infra.local.worker_process", orjson.dumps(asdict(launch)).decode()],
        env=child_environment(settings),
        pass_fds=(control_fd, news_fd),
        stdin=subprocess.DEVNULL,
        stdout=output_fd,
        stderr=output_fd,
        start_new_session=True,
    )


def child_environment(settings: FunctionSettings) -> dict[str, str]:
    return {
        **{name: os.environ[name] for name in FROM_THE_MACHINE if name in os.environ},
        "AWS_LAMBDA_FUNCTION_NAME": settings.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(settings.memory_mb),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{settings.name}",
        "_HANDLER": settings.handler,
        **settings.environment,
    }
