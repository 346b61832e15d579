"""A program that can be ended between any two of its awaits, and whose calls may fail."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar, cast

from chaingraph.errors import Unavailable

T = TypeVar("T")


def never() -> bool:
    return False


class Program:
    """Counts the steps of one relay: before and after each call of something outside. `last`: where it ends.

    Of what it does from there on nothing happens any more. `fails` is asked before and after each effect.
    """

    def __init__(self, last: int | None = None, *, fails: Callable[[], bool] = never) -> None:
        self.steps = 0
        self.ended = asyncio.Event()
        self._last = last
        self._fails = fails

    def outside(self, target: T, *, may_fail: bool = True) -> T:
        """The same, as this program reaches it."""
        return cast("T", _Outside(target, self, self._fails if may_fail else never))

    async def step(self) -> None:
        self.steps += 1
        if self.steps == self._last:
            self.ended.set()
        await asyncio.sleep(0)
        if self.ended.is_set():
            await asyncio.get_running_loop().create_future()


class _Outside:
    def __init__(self, target: object, program: Program, fails: Callable[[], bool]) -> None:
        self._target = target
        self._program = program
        self._fails = fails

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._target, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            await self._program.step()
            self._maybe_fail()
            answer = await method(*args, **kwargs)
            await self._program.step()
            self._maybe_fail()
            return answer

        return method if name == "listen" else call

    def _maybe_fail(self) -> None:
        if self._fails():
            raise Unavailable("no answer came")
