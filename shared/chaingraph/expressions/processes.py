"""Expressions, evaluated by workers."""

import asyncio
import subprocess
import sys
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Timer
from typing import IO, Final

import orjson

from chaingraph.errors import Rejected, TooLarge, Unavailable
from chaingraph.expressions.frames import read_frame, write_frame
from chaingraph.expressions.limits import MAX_EXPRESSION_LENGTH, ExpressionLimits
from chaingraph.graph.facilities import ExpressionCall
from chaingraph.graph.json_types import JsonObject, object_of

_PROGRAM: Final = (
    "import sys; memory, most, sys.path[:] = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]; "
    "from chaingraph.expressions.worker import main; main(memory, most)"
)


class ExpressionProcesses:
    """The `Expressions` of a program; its workers end with it, or with `close`."""

    def __init__(self, limits: ExpressionLimits | None = None) -> None:
        self._limits = limits or ExpressionLimits()
        self._idle: list[_Worker] = []
        self._threads = ThreadPoolExecutor(self._limits.processes, thread_name_prefix="expressions")
        self.close = weakref.finalize(self, _end_all, self._idle, self._threads)

    async def evaluate(self, call: ExpressionCall) -> object:
        """Raises Unavailable where no worker can be started."""
        request = self._encoded(call)
        reply = await asyncio.get_running_loop().run_in_executor(self._threads, self._ask, request)
        if "refused" in reply:
            raise Rejected(str(reply["refused"]))
        return reply["value"]

    def _encoded(self, call: ExpressionCall) -> bytes:
        if len(call.expression) > MAX_EXPRESSION_LENGTH:
            raise Rejected(f"An expression may have {MAX_EXPRESSION_LENGTH} characters")
        try:
            encoded = orjson.dumps(call)
        except TypeError as error:
            raise Rejected("An expression can only see values that can be stored") from error
        if len(encoded) > self._limits.max_bytes:
            raise TooLarge(f"An expression can see {self._limits.max_bytes} bytes, these are {len(encoded)}")
        return encoded

    def _ask(self, request: bytes) -> JsonObject:
        """In a thread, of which there are as many as workers may be."""
        while self._idle:
            reply = self._asked(self._idle.pop(), request)
            if reply is not _GONE:
                return reply
        return self._asked(_Worker(self._limits), request)

    def _asked(self, worker: "_Worker", request: bytes) -> JsonObject:
        reply = worker.ask(request)
        if "ends" in reply:
            worker.end()
        else:
            self._idle.append(worker)
        return reply


class _Worker:
    """One process, used by one thread at a time."""

    def __init__(self, limits: ExpressionLimits) -> None:
        self._limits = limits
        bounds = (str(limits.memory_bytes), str(limits.max_bytes))
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, with a program of ours
            [sys.executable, "-I", "-S", "-c", _PROGRAM, *bounds, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        if self._reply_within(limits.start_seconds) is None:
            self.end()
            raise Unavailable("The process that evaluates expressions has not started")

    def ask(self, request: bytes) -> JsonObject:
        """The reply. One that `ends` is the last of this worker."""
        try:
            write_frame(self._pipe(self._process.stdin), request)
        except OSError:
            return _GONE
        began = time.monotonic()
        reply = self._reply_within(self._limits.seconds)
        if reply is not None:
            return object_of(orjson.loads(reply))
        if time.monotonic() - began < self._limits.seconds:
            return _GONE
        return {"refused": f"The expression takes longer than {self._limits.seconds} s", "ends": True}

    def end(self) -> None:
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                self._pipe(pipe).close()
        self._process.wait()

    def _reply_within(self, seconds: float) -> bytes | None:
        """None: the process has ended, at the latest because its time was over."""
        timer = Timer(seconds, self._process.kill)
        timer.start()
        try:
            return read_frame(self._pipe(self._process.stdout))
        finally:
            timer.cancel()

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
        assert pipe is not None  # noqa: S101 - both were asked for
        return pipe


_GONE: Final[JsonObject] = {"refused": "The expression failed: its process has ended", "ends": True}


def _end_all(idle: list[_Worker], threads: ThreadPoolExecutor) -> None:
    threads.shutdown()
    for worker in idle:
        worker.end()
    idle.clear()
