"""Who is outside of a run in one process: those who answer its callbacks."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import orjson

from chaingraph.errors import Rejected
from chaingraph.execution.callbacks import (
    Answer,
    Answered,
    CallbackAddress,
    CallbackUrls,
    Expired,
    open_callback,
)
from chaingraph.execution.results import ResultStatus, StoredResult
from chaingraph.graph.json_types import list_of, object_of
from chaingraph.ids import CallbackName, ExecutionId, NodeId, PortId, Randomness

Respond = Callable[[NodeId, PortId], Awaitable[object]]
"""What somebody outside answers to a callback of that node; it may never return."""

PUBLIC_URL: Final = "http://test.invalid"


class MemoryOutside:
    """An `OutsideWorld`. `on_news` is called when something has come; `answers` says what."""

    def __init__(
        self, execution_id: ExecutionId, respond: Respond | None, on_news: Callable[[], None]
    ) -> None:
        self.answers: dict[CallbackName, Answer] = {}
        self._execution_id = execution_id
        self._respond = respond
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
        for task in self._tasks.values():
            if task.done() and not task.cancelled() and (problem := task.exception()):
                raise problem

    async def close(self) -> None:
        """Leave nobody behind who has not answered."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

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
