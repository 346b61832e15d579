"""A client that watches one execution and can wait for what it sees."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from chaingraph.cli.trpc import Trpc, connected
from tests.bench.clients import events_of, new_execution, results
from tests.bench.stage import Stage


@dataclass(frozen=True, slots=True)
class Seen:
    """`at`: seconds on this program's clock; `made_at`: when the engine made it."""

    type: str
    at: float
    made_at: datetime


@dataclass(slots=True)
class Watched:
    execution_id: str
    client: Trpc
    events: list[Seen] = field(default_factory=list[Seen])
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def order(self, command: str) -> None:
        await self.client.mutate(command, {"executionId": self.execution_id})

    async def until(self, count: int) -> None:
        """So many events have come."""
        await self._seen(lambda: len(self.events) >= count)

    async def event(self, event_type: str, times: int = 1) -> Seen:
        """The event of a type that came as the n-th of them."""
        await self._seen(lambda: len(self._of(event_type)) >= times)
        return self._of(event_type)[times - 1]

    async def made_after(self, moment: datetime) -> Seen:
        """The first one."""
        await self._seen(lambda: self.events[-1].made_at > moment)
        return next(seen for seen in self.events if seen.made_at > moment)

    async def read(self) -> None:
        async with aclosing(results(self.client, self.execution_id, snapshot="values")) as stream:
            async for result in stream:
                events = events_of(result) if result["type"] == "data" else []
                at = time.perf_counter()
                async with self.news:
                    self.events += [_seen(str(e["type"]), at, str(e["timestamp"])) for e in events]
                    self.news.notify_all()

    def _of(self, event_type: str) -> list[Seen]:
        return [seen for seen in self.events if seen.type == event_type]

    async def _seen(self, condition: Callable[[], bool]) -> None:
        async with self.news:
            await self.news.wait_for(condition)


@asynccontextmanager
async def watching(stage: Stage, flow_id: str) -> AsyncGenerator[Watched]:
    """A new execution of the flow, started."""
    async with connected(stage.system.websocket_url, stage.token) as client:
        watched = Watched(await new_execution(client, flow_id), client)
        reading = asyncio.create_task(watched.read())
        try:
            await watched.until(1)
            await watched.order("start")
            yield watched
        finally:
            reading.cancel()
            await asyncio.wait([reading])


def _seen(event_type: str, at: float, made_at: str) -> Seen:
    return Seen(event_type, at, datetime.fromisoformat(made_at))
