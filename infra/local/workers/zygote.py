"""The parent's end of a zygote process."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable
from typing import Any, Final

import orjson

from infra.local.worker_process import COMMAND, FORK, LENGTH, REAP
from infra.local.workers.failures import FunctionFailed, raised
from infra.local.workers.nursery import Nursery
from infra.local.workers.output import OutputLines
from infra.local.workers.settings import FunctionSettings

LEAVE_SECONDS: Final = 2


class Zygote:
    """Commands may be sent at once: they wait in the socket until the handler is imported.

    `on_end` is called once, with the failure when the handler could not be imported.
    """

    def __init__(
        self,
        settings: FunctionSettings,
        nursery: Nursery,
        on_output: Callable[[str, str], None],
        on_end: Callable[["Zygote", FunctionFailed | None], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_end = on_end
        self._received = bytearray()
        self._failure: FunctionFailed | None = None
        self._pid: int | None = None
        self.has_imported = False
        self.ready: asyncio.Future[None] = self._loop.create_future()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._control, self._news_fd, output_fd = ordered(nursery, settings)
        self._output = OutputLines(output_fd, lambda line: on_output(settings.name, line))
        self._loop.add_reader(self._news_fd, self._read)

    def fork(self, worker_end: socket.socket) -> None:
        socket.send_fds(self._control, [COMMAND.pack(FORK, 0)], [worker_end.fileno()])

    def reap(self, worker_pid: int) -> None:
        with contextlib.suppress(OSError):
            self._control.send(COMMAND.pack(REAP, worker_pid))

    async def close(self) -> None:
        """Let it reap its workers and leave."""
        self._control.close()
        await asyncio.wait([self._ended], timeout=LEAVE_SECONDS)
        if not self._ended.done():
            if self._pid is not None:
                os.kill(self._pid, signal.SIGKILL)
            self._end()

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
        while len(self._received) >= LENGTH.size:
            end = LENGTH.size + LENGTH.unpack_from(self._received)[0]
            if len(self._received) < end:
                return
            self._learn(orjson.loads(memoryview(self._received)[LENGTH.size : end]))
            self._received = self._received[end:]

    def _learn(self, news: dict[str, Any]) -> None:
        match news:
            case {"pid": pid}:
                self._pid = pid
            case {"error": error}:
                self._failure = raised(error)
            case _:
                self.has_imported = True
                self.ready.set_result(None)

    def _end(self) -> None:
        """Its end of the pipe is closed, so it has ended."""
        self._loop.remove_reader(self._news_fd)
        os.close(self._news_fd)
        self._control.close()
        self.ready.cancel()
        self._output.close()
        self._ended.set_result(None)
        self._on_end(self, self._failure)


def ordered(nursery: Nursery, settings: FunctionSettings) -> tuple[socket.socket, int, int]:
    """Our ends of its commands, its news and its output."""
    control, its_control = socket.socketpair()
    control.setblocking(False)  # noqa: FBT003
    # A pipe, because uvloop drops the reader of a socket whose peer died with commands unread.
    news_fd, its_news_fd = os.pipe()
    os.set_blocking(news_fd, False)
    output_fd, its_output_fd = os.pipe()
    with its_control:
        nursery.fork(settings, (its_control.fileno(), its_news_fd, its_output_fd))
    os.close(its_news_fd)
    os.close(its_output_fd)
    return control, news_fd, output_fd
