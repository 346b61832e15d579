"""Who is outside of a run in one process: those who answer its callbacks, and the flows that it calls."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, Protocol

import orjson

from chaingraph.engine.recorder import CalledFlow, Child
from chaingraph.errors import Rejected
from chaingraph.execution.callbacks import (
    Answer,
    Answered,
    CallbackAddress,
    CallbackUrls,
    Expired,
    open_callback,
)
from chaingraph.execution.calls import CallEnd
from chaingraph.execution.results import ResultStatus, StoredResult
from chaingraph.graph.json_types import list_of, object_of
from chaingraph.ids import CallbackName, ExecutionId, FlowId, NodeId, PortId, Randomness

Respond = Callable[[NodeId, PortId], Awaitable[object]]
"""What somebody outside answers to a callback of that node; it may never return."""

PUBLIC_URL: Final = "http://test.invalid"


class Callee(Protocol):
    """Runs the flows that are called."""

    def knows(self, flow_id: FlowId) -> bool: ...

    async def run(self, child: Child, call: CalledFlow) -> CallEnd: ...


class MemoryOutside:
    """An `OutsideWorld`. `on_news` is called when something has come; `answers` says what."""

    def __init__(
        self, execution_id: ExecutionId, respond: Respond | None, callee: Callee, on_news: Callable[[], None]
    ) -> None:
        self.ends: dict[ExecutionId, CallEnd] = {}
        self.answers: dict[CallbackName, Answer] = {}
        self._execution_id = execution_id
        self._respond = respond
        self._callee = callee
        self._callees: dict[ExecutionId, asyncio.Task[None]] = {}
        self._on_news = on_news
        self._tasks: dict[CallbackName, asyncio.Task[None]] = {}
        self._urls = CallbackUrls(PUBLIC_URL, _counted(execution_id))

    @property
    def callback_urls(self) -> CallbackUrls:
        if self._respond is None:
            raise Rejected("nobody can call back here")
        return self._urls

    async def expire(self, name: CallbackName) -> Answer:
        return self.answers.setdefault(name, Expired())

    def check_callable(self, flow_id: FlowId) -> None:
        if not self._callee.knows(flow_id):
            raise Rejected(f"there is no flow {flow_id} here")

    def start(self, children: Iterable[Child]) -> None:
        """Children that were called run beside their caller."""
        for child in children:
            if child.call is not None:
                self._callees[child.id] = asyncio.create_task(self._run(child, child.call))

    async def _run(self, child: Child, call: CalledFlow) -> None:
        try:
            self.ends[child.id] = await self._callee.run(child, call)
        finally:
            self._on_news()

    async def all_ended(self) -> None:
        """Wait for the called flows that nobody has waited for."""
        await asyncio.gather(*self._callees.values())

    def see(self, results: Iterable[StoredResult]) -> None:
        """What was recorded: who has just been asked begins to answer."""
        for result in results:
            if self._respond is None or result.status is not ResultStatus.STARTED:
                continue
            for stored in list_of(orjson.loads(result.detail).get("callbacks")):
                callback = open_callback(object_of(stored))
                name = CallbackAddress(self._execution_id, result.node_id, callback.secret).name
                if name not in self._tasks:
                    answering = self._take(name, self._respond(result.node_id, callback.port))
                    self._tasks[name] = asyncio.create_task(answering)

    def raise_problems(self) -> None:
        """Raise what those outside have raised."""
        for task in (*self._tasks.values(), *self._callees.values()):
            if task.done() and not task.cancelled() and (problem := task.exception()):
                raise problem

    async def close(self) -> None:
        """Leave nobody behind who has not answered."""
        tasks = (*self._tasks.values(), *self._callees.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _take(self, name: CallbackName, response: Awaitable[object]) -> None:
        try:
            payload = await response
            self.answers.setdefault(name, Answered(payload))
        finally:
            self._on_news()


def _counted(execution_id: ExecutionId) -> Randomness:
    """Secrets that keep nothing secret: the same in every run."""
    count = 0

    def next_bytes(length: int) -> bytes:
        nonlocal count
        count += 1
        return hashlib.sha256(f"{execution_id} {count}".encode()).digest()[:length]

    return next_bytes
