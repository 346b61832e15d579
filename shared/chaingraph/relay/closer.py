"""Closing connections: their clients come back by themselves and say which event they have last."""

import asyncio
from collections.abc import Callable
from typing import Final

from chaingraph.errors import Unavailable
from chaingraph.ids import ConnectionId
from chaingraph.interfaces import Connections, Posts
from chaingraph.relay.budget import Budget
from chaingraph.relay.limits import Limits
from chaingraph.relay.notices import ConnectionClosed, Notice, PostFailed

AT_ONCE: Final = 20
RETRY_SECONDS: Final = 1.0


class Closer:
    """Not faster than the platform lets clients come back."""

    def __init__(
        self,
        posts: Posts,
        connections: Connections,
        limits: Limits,
        on_notice: Callable[[Notice], None],
    ) -> None:
        self.closing: dict[ConnectionId, asyncio.Task[None]] = {}
        self._posts = posts
        self._connections = connections
        self._budget = Budget(per_second=limits.closes_per_second, at_once=AT_ONCE)
        self._on_notice = on_notice

    def close(self, connection_id: ConnectionId, reason: str) -> None:
        """Begin to close it, and try until it is closed; its rows are removed then."""
        if connection_id not in self.closing:
            closing = asyncio.create_task(self._close(connection_id, reason))
            self.closing[connection_id] = closing
            closing.add_done_callback(lambda _: self.closing.pop(connection_id))

    async def _close(self, connection_id: ConnectionId, reason: str) -> None:
        while True:
            await self._budget.take()
            try:
                await self._posts.close(connection_id)
                await self._connections.remove(connection_id)
            except Unavailable as error:
                self._on_notice(PostFailed(connection_id, error.message))
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return self._on_notice(ConnectionClosed(connection_id, reason))
