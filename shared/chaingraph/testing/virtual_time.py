"""An event loop whose time passes only when nobody has anything to do: timers need no waiting."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class VirtualSelector(selectors.DefaultSelector):
    """Instead of waiting for the next timer it lets the time pass.

    `threads`: how many threads work for the loop; time stands still until they are done.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.threads = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.threads and timeout != 0:
            return super().select(None)
        if timeout is None:
            raise RuntimeError("everybody waits for somebody else")
        ready = super().select(0)
        if not ready:
            self.now += max(0.0, timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Knows of threads that it started itself; what comes over a socket takes no time, or is too late."""

    def __init__(self) -> None:
        self._virtual = VirtualSelector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        future = super().run_in_executor(executor, func, *args)
        self._virtual.threads += 1
        future.add_done_callback(self._thread_done)
        return future

    def _thread_done(self, _: asyncio.Future[Any]) -> None:
        self._virtual.threads -= 1

    async def shutdown_default_executor(self, *timeout: float) -> None:
        self._virtual.threads += 1
        await super().shutdown_default_executor(*timeout)
        self._virtual.threads -= 1


def run_in_virtual_time(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end. Raises RuntimeError where another event loop runs, and when nothing can ever happen."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
