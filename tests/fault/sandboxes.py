"""Processes of functions, each of which runs one invocation at a time and may be killed at any await."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeVar, cast

from chaingraph.errors import Unavailable
from infra.local.workers import FunctionFailed
from tests.fault.faults import Kind, Schedule

T = TypeVar("T")
Payload = Mapping[str, Any]

LATENCY_SECONDS = 0.001
# Longer than a lease and a scan of the sweep, shorter than the time limit of a function.
LONG_SECONDS = 100.0


class Disaster(Protocol):
    """Faults of something else than the process that makes the call. `is_away`: nothing answers."""

    is_away: bool

    async def strike(self, kind: Kind, payload: Payload) -> None:
        """`payload`: of the invocation that made the call."""
        ...

    def goes_on(self) -> None:
        """A process that was stopped is about to go on."""
        ...


class Sandbox:
    """What a killed one calls from then on has no effect. While it is stopped, its calls wait."""

    def __init__(self, schedule: Schedule, disaster: Disaster, *, stop_seconds: float = LONG_SECONDS) -> None:
        self.is_dead = False
        self.payload: Payload = {}
        self._stop_seconds = stop_seconds
        self._schedule = schedule
        self._disaster = disaster
        self._invocation: asyncio.Task[object] | None = None
        self._goes_on = asyncio.Event()
        self._goes_on.set()

    def outside(self, target: T) -> T:
        """The same, as this process reaches it."""
        return cast("T", _Outside(target, self))

    async def run(self, invocation: Awaitable[object]) -> object:
        """Raises FunctionFailed when the process is killed meanwhile, or the invocation raises."""
        self._invocation = asyncio.ensure_future(invocation)
        await asyncio.wait([self._invocation])
        if self.is_dead or self._invocation.cancelled():
            raise FunctionFailed("Lambda.Unknown", "the process has ended")
        error = self._invocation.exception()
        if isinstance(error, Exception):
            raise FunctionFailed(type(error).__name__, str(error)) from error
        return self._invocation.result()

    def kill(self) -> None:
        self.is_dead = True
        self._goes_on.set()
        if self._invocation is not None:
            self._invocation.cancel()

    async def call(self, name: str, method: Callable[[], Awaitable[object]]) -> object:
        kind = self._schedule.next(name)
        await asyncio.sleep(LATENCY_SECONDS)
        await self._before(kind)
        await self._alive()
        if self._disaster.is_away:
            raise Unavailable("nothing answers")
        answer = await method()
        if kind is Kind.REPEATED:
            answer = await method()
        await asyncio.sleep(LATENCY_SECONDS)
        await self._after(kind)
        await self._alive()
        return answer

    async def _before(self, kind: Kind | None) -> None:
        match kind:
            case Kind.CRASH_BEFORE:
                self.kill()
            case Kind.REFUSED:
                raise Unavailable("the call was not made")
            case Kind.STOPPED:
                await self._stop()
            case Kind.RUN_ENDED_BEFORE:
                await self._disaster.strike(kind, self.payload)
                self.kill()
            case Kind.CRASH_AFTER | Kind.REPLY_LOST | Kind.REPEATED | Kind.LATE | Kind.RUN_ENDED_AFTER | None:
                return
            case _:
                await self._disaster.strike(kind, self.payload)

    async def _after(self, kind: Kind | None) -> None:
        match kind:
            case Kind.CRASH_AFTER:
                self.kill()
            case Kind.RUN_ENDED_AFTER:
                await self._disaster.strike(kind, self.payload)
                self.kill()
            case Kind.REPLY_LOST:
                raise Unavailable("no answer came")
            case Kind.LATE:
                await self._stop()
            case _:
                return

    async def _stop(self) -> None:
        self._goes_on.clear()
        await asyncio.sleep(self._stop_seconds)
        self._disaster.goes_on()
        self._goes_on.set()

    async def _alive(self) -> None:
        await self._goes_on.wait()
        if self.is_dead:
            raise asyncio.CancelledError


class _Outside:
    def __init__(self, target: object, sandbox: Sandbox) -> None:
        self._target = target
        self._sandbox = sandbox

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._target, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            return await self._sandbox.call(name, lambda: method(*args, **kwargs))

        return call
