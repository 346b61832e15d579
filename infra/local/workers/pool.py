"""The workers of one function and the calls that wait for them."""

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Callable

from infra.local.workers.call import Call, new_call
from infra.local.workers.failures import FunctionFailed, crashed, throttled
from infra.local.workers.nursery import Nursery
from infra.local.workers.settings import FunctionSettings, IdleWorkers
from infra.local.workers.worker import STARTING, Worker
from infra.local.workers.zygote import Zygote


class Pool:
    def __init__(
        self, settings: FunctionSettings, nursery: Nursery, on_output: Callable[[str, str], None]
    ) -> None:
        self._settings = settings
        self._nursery = nursery
        self._on_output = on_output
        self._zygote: Zygote | None = None
        self._workers: dict[Worker, Zygote | None] = {}
        self._idle: list[Worker] = []
        self._waiting: deque[Call] = deque()
        self._starts: set[asyncio.Task[None]] = set()
        self._starting: set[Worker] = set()
        self._is_closed = False

    def open(self) -> None:
        self._living_zygote()

    async def ready(self) -> None:
        await asyncio.wait([self._living_zygote().ready])

    async def invoke(self, payload: object) -> object:
        call = new_call(payload)
        self._offer(call)
        return await call.answer

    def pids(self) -> tuple[int, ...]:
        return tuple(worker.pid for worker in self._workers if worker.pid != STARTING)

    async def close(self) -> None:
        self._is_closed = True
        self._fail_waiting(FunctionFailed("Lambda.Unknown", "the functions are being stopped"))
        gone = [worker.gone for worker in self._workers]
        for worker in self._workers:
            worker.kill()
        if self._zygote is not None:
            await self._zygote.close()
        if gone:
            await asyncio.wait(gone)

    def _offer(self, call: Call) -> None:
        if self._is_closed:
            raise FunctionFailed("Lambda.Unknown", "the functions are stopped")
        if self._idle:
            # The worker used last: its caches are warm, and the others may rest.
            self._idle.pop().run(call)
            return
        if len(self._waiting) >= self._settings.max_waiting:
            self._forget_callers_who_left()
        if len(self._waiting) >= self._settings.max_waiting:
            raise throttled()
        call.wait_at_most(self._settings.max_waiting_seconds)
        self._waiting.append(call)
        self._grow()

    def _forget_callers_who_left(self) -> None:
        self._waiting = deque(call for call in self._waiting if not call.answer.done())

    def _grow(self) -> None:
        if self._is_closed or len(self._workers) >= self._settings.concurrency:
            return
        if len(self._starting) < len(self._waiting):
            worker = Worker(self._settings.timeout_seconds, self._take_next, self._lost)
            self._workers[worker] = None
            self._starting.add(worker)
            start = asyncio.get_running_loop().create_task(self._start(worker))
            self._starts.add(start)
            start.add_done_callback(self._starts.discard)

    async def _start(self, worker: Worker) -> None:
        ours, theirs = socket.socketpair()
        # A zygote whose death is not noticed yet: our end, left alone, tells that the worker is lost.
        with theirs, contextlib.suppress(OSError):
            zygote = self._workers[worker] = self._living_zygote()
            zygote.fork(theirs)
        await asyncio.get_running_loop().create_connection(lambda: worker, sock=ours)

    def _living_zygote(self) -> Zygote:
        if self._zygote is None:
            self._zygote = Zygote(self._settings, self._nursery, self._on_output, self._zygote_ended)
        return self._zygote

    def _take_next(self, worker: Worker) -> None:
        self._starting.discard(worker)
        while self._waiting:
            call = self._waiting.popleft()
            call.leave_queue()
            if not call.answer.done():
                worker.run(call)
                return
        self._idle.append(worker)
        if self._settings.idle_workers is IdleWorkers.FROZEN:
            worker.freeze()

    def _lost(self, worker: Worker) -> None:
        zygote = self._workers.pop(worker)
        if worker in self._idle:
            self._idle.remove(worker)
        if worker in self._starting:
            self._starting.discard(worker)
            self._start_failed(zygote)
        elif zygote is not None:
            zygote.reap(worker.pid)
        if zygote is not self._zygote or zygote is None or zygote.has_imported:
            self._grow()  # else the zygote is ending, and then says why

    def _start_failed(self, zygote: Zygote | None) -> None:
        """One caller pays for it: a function that cannot start is not started forever."""
        if self._waiting and zygote is self._zygote and (zygote is None or zygote.has_imported):
            call = self._waiting.popleft()
            call.leave_queue()
            call.fail(crashed(call.request_id))

    def _zygote_ended(self, zygote: Zygote, failure: FunctionFailed | None) -> None:
        self._zygote = None
        for worker in self._workers:
            worker.kill()
        if not zygote.has_imported:
            self._fail_waiting(
                failure or FunctionFailed("Lambda.Unknown", "Runtime exited during initialization")
            )

    def _fail_waiting(self, failure: FunctionFailed) -> None:
        while self._waiting:
            call = self._waiting.popleft()
            call.leave_queue()
            call.fail(failure)
