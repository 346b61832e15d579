"""The way out to connections: within the budget, and counted."""

import asyncio
from collections.abc import Callable
from typing import Final

from chaingraph.errors import Unavailable
from chaingraph.ids import ConnectionId
from chaingraph.interfaces import PostOutcome, Posts
from chaingraph.relay.budget import Budget
from chaingraph.relay.limits import Limits
from chaingraph.relay.meter import Meter
from chaingraph.relay.notices import Notice, PostFailed, Throttled

RETRY_SECONDS: Final = 0.5
REFUSAL_SECONDS: Final = 1.0


class Outlet:
    def __init__(
        self, posts: Posts, limits: Limits, meter: Meter, on_notice: Callable[[Notice], None]
    ) -> None:
        self.meter = meter
        self._posts = posts
        self._refused: dict[ConnectionId, float] = {}
        self._budget = Budget(per_second=limits.posts_per_second, at_once=limits.posts_at_once)
        self._on_notice = on_notice

    @property
    def rate(self) -> float:
        return self._budget.rate

    async def turn(self) -> None:
        """Wait until the budget allows a post."""
        await self._budget.take()

    async def post(self, connection_id: ConnectionId, message: bytes) -> PostOutcome:
        """THROTTLED also where nothing could be sent at all: the same message may be posted again."""
        try:
            outcome = await self._posts.post(connection_id, message)
        except Unavailable as error:
            self._on_notice(PostFailed(connection_id, error.message))
            await asyncio.sleep(RETRY_SECONDS)
            return PostOutcome.THROTTLED
        self.meter.posted(outcome)
        if outcome is PostOutcome.THROTTLED:
            self._note_refusal(connection_id)
        return outcome

    def _note_refusal(self, connection_id: ConnectionId) -> None:
        """One connection may just be slow; where several are refused, everybody has to slow down."""
        now = asyncio.get_running_loop().time()
        self._refused = {known: at for known, at in self._refused.items() if now - at < REFUSAL_SECONDS}
        self._refused[connection_id] = now
        before = self._budget.rate
        if len(self._refused) > 1:
            self._budget.slow_down()
        if self._budget.rate != before:
            self._on_notice(Throttled(self._budget.rate))
