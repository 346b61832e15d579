"""Things that are made when they are needed for the first time."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class FirstUse(Generic[T]):
    """`make` runs once, in a thread: what it imports may take a second, and the run goes on meanwhile."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._making: asyncio.Task[T] | None = None

    async def get(self) -> T:
        if self._making is None or (self._making.done() and self._making.exception() is not None):
            self._making = asyncio.create_task(asyncio.to_thread(self._make))
        # Who waits may be cancelled; others wait for the same.
        return await asyncio.shield(self._making)
