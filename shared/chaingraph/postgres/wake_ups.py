"""Wake-up hints as they come, over a session of its own, which reaches the server past any pooler."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

import psycopg

from chaingraph.errors import Unavailable
from chaingraph.ids import ConnectionId, EventIndex, ExecutionId
from chaingraph.interfaces import EventsWakeUp, Reconnected, SubscriptionWakeUp, WakeUp
from chaingraph.postgres.hints import EVENTS_CHANNEL
from chaingraph.postgres.sessions import Password, open_session

# Whoever listens may hear nothing for hours: a server that ends silent sessions must spare this one.
LISTEN: Final = "listen chaingraph_events; listen chaingraph_subscriptions; set idle_session_timeout = 0"

PAUSES: Final = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Seconds between attempts to reconnect; the last one again and again."""


class PostgresWakeUps:
    def __init__(self, url: str, password: Password | None = None) -> None:
        self._url = url
        self._password = password

    async def listen(self) -> AsyncGenerator[WakeUp]:
        while True:
            session = await self._listening()
            try:
                yield Reconnected()
                async for wake_up in _wake_ups(session):
                    yield wake_up
            finally:
                await session.close()

    async def _listening(self) -> psycopg.AsyncConnection:
        """A session that listens; what was sent before is not heard."""
        attempts = 0
        while True:
            try:
                return await self._try()
            except (Unavailable, psycopg.OperationalError):
                await asyncio.sleep(PAUSES[min(attempts, len(PAUSES) - 1)])
                attempts += 1

    async def _try(self) -> psycopg.AsyncConnection:
        session = await open_session(self._url, None, self._password)
        try:
            await session.execute(LISTEN)
        except BaseException:
            await session.close()
            raise
        return session


async def _wake_ups(session: psycopg.AsyncConnection) -> AsyncGenerator[WakeUp]:
    """Ends when the session is lost."""
    try:
        async for notification in session.notifies():
            yield _wake_up(notification)
    except psycopg.OperationalError:
        return


def _wake_up(notification: psycopg.Notify) -> WakeUp:
    if notification.channel != EVENTS_CHANNEL:
        return SubscriptionWakeUp(ConnectionId(notification.payload))
    execution_id, _, last = notification.payload.rpartition(":")
    return EventsWakeUp(ExecutionId(execution_id), EventIndex(int(last)))
