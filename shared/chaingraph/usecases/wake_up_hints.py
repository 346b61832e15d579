"""Wake-up hints of a slice to the relay: at once after a quiet time, else at the end of a short window."""

import asyncio

from chaingraph.errors import Unavailable
from chaingraph.ids import EventIndex, ExecutionId
from chaingraph.interfaces import Runs

# A hint is sent at once if the last one is older than this, else at the end of this window.
WINDOW_SECONDS = 0.005


class WakeUpHints:
    """Hints travel beside the commits, never in them; a lost one is made up for by the relay's own look."""

    def __init__(self, execution_id: ExecutionId, runs: Runs) -> None:
        self._execution_id = execution_id
        self._runs = runs
        self._last = EventIndex(-2)
        self._sent = EventIndex(-2)
        self._sent_at = 0.0
        self._hurry = asyncio.Event()
        self._sending: asyncio.Task[None] | None = None

    def due(self, last: EventIndex) -> None:
        """Events up to this index are in the log."""
        self._last = last
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())

    async def settle(self) -> None:
        """Send now what is still due; a frozen function would not."""
        self._hurry.set()
        if self._sending is not None:
            await self._sending

    async def abandon(self) -> None:
        """Leave no task behind."""
        if self._sending is not None and not self._sending.done():
            self._sending.cancel()
            await asyncio.wait([self._sending])

    async def _send(self) -> None:
        while self._sent < self._last:
            await self._window()
            self._sent = self._last
            self._sent_at = asyncio.get_running_loop().time()
            await self._notify()

    async def _window(self) -> None:
        left = self._sent_at + WINDOW_SECONDS - asyncio.get_running_loop().time()
        if left > 0 and not self._hurry.is_set():
            try:
                async with asyncio.timeout(left):
                    await self._hurry.wait()
            except TimeoutError:
                return

    async def _notify(self) -> None:
        try:
            await self._runs.notify(self._execution_id, self._sent)
        except Unavailable:
            return  # the relay looks by itself before long
