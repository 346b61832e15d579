"""The parent's end of one worker process."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from typing import Final, cast

import orjson

from infra.local.worker_process import LENGTH
from infra.local.workers.call import Call
from infra.local.workers.failures import crashed, raised, timed_out

STARTING: Final = 0


class Worker(asyncio.Protocol):
    """Says `on_idle` when it can take a call, first as soon as it runs, and `on_lost` when it is gone."""

    def __init__(
        self, timeout_seconds: float, on_idle: Callable[["Worker"], None], on_lost: Callable[["Worker"], None]
    ) -> None:
        self.pid = STARTING
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._is_frozen = False
        self._timeout_seconds = timeout_seconds
        self._on_idle = on_idle
        self._on_lost = on_lost
        self._received = bytearray()
        self._call: Call | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None

    def run(self, call: Call) -> None:
        self._thaw()
        self._call = call
        self._deadline = asyncio.get_running_loop().call_later(self._timeout_seconds, self._time_out)
        self._open_transport.write(call.frame)

    def freeze(self) -> None:
        self._is_frozen = True
        self._signal(signal.SIGSTOP)

    def kill(self) -> None:
        """The loss is reported when the socket has closed."""
        self._signal(signal.SIGKILL)
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        size = (
            LENGTH.size + LENGTH.unpack_from(self._received)[0]
            if len(self._received) >= LENGTH.size
            else LENGTH.size
        )
        if len(self._received) >= size > LENGTH.size:
            message = orjson.loads(memoryview(self._received)[LENGTH.size : size])
            self._received = bytearray()
            self._answered(message)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if (call := self._finish()) is not None:
            call.fail(crashed(call.request_id))
        self._on_lost(self)
        self.gone.set_result(None)

    def _answered(self, message: dict[str, object]) -> None:
        call = self._finish()
        if call is None:
            self.pid = cast("int", message["pid"])
        elif "error" in message:
            call.fail(raised(cast("dict[str, object]", message["error"])))
        else:
            call.succeed(message["result"])
        self._on_idle(self)

    def _finish(self) -> Call | None:
        if self._deadline is not None:
            self._deadline.cancel()
        call, self._call, self._deadline = self._call, None, None
        return call

    def _time_out(self) -> None:
        if (call := self._finish()) is not None:
            call.fail(timed_out(call.request_id, self._timeout_seconds))
        self.kill()

    def _thaw(self) -> None:
        if self._is_frozen:
            self._is_frozen = False
            self._signal(signal.SIGCONT)

    @property
    def _open_transport(self) -> asyncio.Transport:
        if self._transport is None:
            raise RuntimeError("the worker has not started")
        return self._transport

    def _signal(self, number: signal.Signals) -> None:
        if self.pid != STARTING:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)
