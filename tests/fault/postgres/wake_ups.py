"""Wake-ups as they come from PostgreSQL, but for those that are lost, repeated or late on their way."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Final

from chaingraph.interfaces import EventsWakeUp, Reconnected, SubscriptionWakeUp, WakeUp
from chaingraph.postgres.wake_ups import PostgresWakeUps
from tests.fault.faults import Kind, Schedule

OF_EVENTS: Final = "hint of events"
OF_SUBSCRIPTIONS: Final = "hint of subscriptions"
# Longer than the relay needs to find by itself what it was not told.
LATE_SECONDS: Final = 1.5


class MeddledWakeUps:
    """Implements `WakeUps`."""

    def __init__(self, url: str, schedule: Schedule) -> None:
        self._source = PostgresWakeUps(url)
        self._schedule = schedule

    async def listen(self) -> AsyncGenerator[WakeUp]:
        heard: asyncio.Queue[WakeUp] = asyncio.Queue()
        source = self._source.listen()
        hearing = asyncio.create_task(self._hear(source, heard))
        try:
            while True:
                yield await heard.get()
        finally:
            hearing.cancel()
            await asyncio.wait([hearing])
            await source.aclose()

    async def _hear(self, source: AsyncGenerator[WakeUp], heard: asyncio.Queue[WakeUp]) -> None:
        loop = asyncio.get_running_loop()
        async for wake_up in source:
            for delay in self._delays(wake_up):
                loop.call_later(delay, heard.put_nowait, wake_up)

    def _delays(self, wake_up: WakeUp) -> Sequence[float]:
        match self._kind(wake_up):
            case Kind.HINT_LOST:
                return ()
            case Kind.HINT_REPEATED:
                return (0.0, 0.0, LATE_SECONDS)
            case Kind.HINT_LATE:
                return (LATE_SECONDS,)
            case _:
                return (0.0,)

    def _kind(self, wake_up: WakeUp) -> Kind | None:
        match wake_up:
            case Reconnected():
                return None
            case EventsWakeUp():
                return self._schedule.next(OF_EVENTS)
            case SubscriptionWakeUp():
                return self._schedule.next(OF_SUBSCRIPTIONS)
