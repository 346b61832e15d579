"""Waking one waiter: a ring that comes before the wait is not lost."""

import asyncio


class Bell:
    def __init__(self) -> None:
        self._is_rung = False
        self._waiter: asyncio.Future[None] | None = None

    def ring(self) -> None:
        self._is_rung = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def wait(self) -> None:
        """Return at the next ring, at once when it rang since the last wait."""
        if not self._is_rung:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        self._is_rung = False

    async def wait_until(self, at: float) -> None:
        """The same, but not longer than until that time of the event loop's clock."""
        timer = asyncio.get_running_loop().call_at(at, self.ring)
        try:
            await self.wait()
        finally:
            timer.cancel()
