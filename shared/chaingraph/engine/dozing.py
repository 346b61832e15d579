"""Bodies that wait, for a time or for somebody outside: a run in which all do need not stay in memory."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass

from chaingraph.engine.node_run import NodeRun
from chaingraph.engine.outcomes import Asleep, WaitsFor


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a body waits for. `until_ms` None: however long it takes. `is_there`: it has come."""

    reason: WaitsFor
    until_ms: int | None
    is_there: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True, eq=False)
class _Doze:
    node: NodeRun
    wanted: Wanted
    woken: asyncio.Future[None]


class Dozing:
    """A body may wait for several things at once; it dozes as long as it waits for one of them."""

    def __init__(self, clock: Callable[[], int], on_change: Callable[[], None]) -> None:
        self._clock = clock
        self._on_change = on_change
        self._dozes: set[_Doze] = set()

    @property
    def nodes(self) -> Collection[NodeRun]:
        return {doze.node for doze in self._dozes}

    async def wait(self, node: NodeRun, wanted: Wanted) -> None:
        """Return when it is there, or the time has come."""
        if wanted.is_there():
            return
        doze = _Doze(node, wanted, asyncio.get_running_loop().create_future())
        self._dozes.add(doze)
        self._on_change()
        try:
            await asyncio.wait((doze.woken,), timeout=self._seconds_to(wanted.until_ms))
        finally:
            self._dozes.discard(doze)

    def look(self) -> None:
        """Something may have come: who waits for it dozes no more."""
        for doze in tuple(self._dozes):
            if doze.wanted.is_there() and not doze.woken.done():
                self._dozes.discard(doze)
                doze.woken.set_result(None)
        self._on_change()

    def asleep(self, running: int, awake_ms: int | None) -> Asleep | None:
        """Everything that runs waits, and the next of the times is further away than `awake_ms`.

        None for `awake_ms`: every time is waited for.
        """
        if len(self.nodes) < max(1, running):
            return None
        times = [doze.wanted.until_ms for doze in self._dozes if doze.wanted.until_ms is not None]
        if times and (awake_ms is None or min(times) - self._clock() <= awake_ms):
            return None
        reasons = {doze.wanted.reason for doze in self._dozes}
        return Asleep(min(times, default=None), next(reason for reason in WaitsFor if reason in reasons))

    def _seconds_to(self, until_ms: int | None) -> float | None:
        return None if until_ms is None else max(0, until_ms - self._clock()) / 1000
