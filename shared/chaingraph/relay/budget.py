"""Requests per second that everybody shares: a few at once, then one by one, first come first served.

Whoever asks waits for its turn, so the time between two messages of one subscription grows with the number of
those that want to send. A refusal by the platform halves the rate; it grows back within seconds.
"""

import asyncio
from typing import Final

SLOWEST_PART: Final = 1 / 64
RECOVERY_SECONDS: Final = 10.0
REFUSAL_SECONDS: Final = 0.1


class Budget:
    def __init__(self, *, per_second: float, at_once: int) -> None:
        self._most = per_second
        self._rate = per_second
        self._at_once = at_once
        self._next = float("-inf")
        self._recovered_at = float("-inf")
        self._refused_at = float("-inf")

    @property
    def rate(self) -> float:
        return self._rate

    async def take(self) -> None:
        """Wait for one's turn."""
        now = asyncio.get_running_loop().time()
        self._recover(now)
        step = 1 / self._rate
        self._next = max(self._next, now - step * self._at_once) + step
        if self._next > now:
            await asyncio.sleep(self._next - now)

    def slow_down(self) -> None:
        """The platform refused: requests that were under way together count once."""
        now = asyncio.get_running_loop().time()
        if now - self._refused_at >= REFUSAL_SECONDS:
            self._rate = max(self._most * SLOWEST_PART, self._rate / 2)
            self._next = max(self._next, now + REFUSAL_SECONDS)
            self._refused_at = self._recovered_at = now

    def _recover(self, now: float) -> None:
        if self._rate < self._most:
            gained = self._most * (now - self._recovered_at) / RECOVERY_SECONDS
            self._rate = min(self._most, self._rate + gained)
            self._recovered_at = now
