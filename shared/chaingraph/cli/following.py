"""An execution and everything it spawns, followed over as many connections as it takes."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Final

from chaingraph.cli.displays import Display
from chaingraph.cli.endpoint import Endpoint
from chaingraph.cli.progress import facts_of
from chaingraph.cli.trpc import Trpc, connected
from chaingraph.errors import Unavailable
from chaingraph.graph.json_types import JsonObject, list_of, object_of
from chaingraph.subscriptions import Snapshot

EVENTS: Final = "subscribeToExecutionEvents"

# How long to wait before each new try; a connection that brings events starts over.
PAUSES: Final = (0.1, 0.5, 1.0, 2.0, 5.0, 5.0, 10.0, 10.0, 10.0, 10.0)

OnSubscribed = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Stream:
    """The events of one execution. `last_event_id`: where to go on after a lost connection."""

    execution_id: str
    from_index: int = 0
    on_subscribed: OnSubscribed | None = None
    last_event_id: str | None = None


class Follower:
    """`follow` returns when the stream and those of all children have ended."""

    def __init__(
        self, endpoint: Endpoint, snapshot: Snapshot, display: Display, pauses: Sequence[float] = PAUSES
    ) -> None:
        self._endpoint = endpoint
        self._snapshot = snapshot
        self._display = display
        self._pauses = pauses
        self._open: dict[str, Stream] = {}
        self._progressed = False

    async def follow(self, stream: Stream) -> None:
        """Raises what the system refuses with, and Unavailable when it stays away."""
        self._open[stream.execution_id] = stream
        await self._connect()
        pauses = iter(self._pauses)
        while self._open:
            pauses = iter(self._pauses) if self._progressed else pauses
            await self._pause(next(pauses, None))
            with suppress(Unavailable):
                await self._connect()

    async def _pause(self, seconds: float | None) -> None:
        if seconds is None:
            raise Unavailable(f"the connection was lost: {self._endpoint.websocket_url} does not answer")
        self._display.notice(f"connection lost, trying again in {seconds:g} s")
        await asyncio.sleep(seconds)

    async def _connect(self) -> None:
        """Read every open stream until all have ended or the connection is lost."""
        self._progressed = False
        try:
            async with (
                connected(self._endpoint.websocket_url, self._endpoint.token) as client,
                asyncio.TaskGroup() as group,
            ):
                for stream in tuple(self._open.values()):
                    group.create_task(self._read(stream, client, group))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from failures

    async def _read(self, stream: Stream, client: Trpc, group: asyncio.TaskGroup) -> None:
        """A stream whose connection is lost stays open."""
        results = client.subscribe(EVENTS, self._parameters(stream), last_event_id=stream.last_event_id)
        try:
            async with aclosing(results):
                async for result in results:
                    for child in await self._take(stream, result):
                        group.create_task(self._read(child, client, group))
        except Unavailable:
            return
        del self._open[stream.execution_id]

    def _parameters(self, stream: Stream) -> JsonObject:
        return {
            "executionId": stream.execution_id,
            "fromIndex": stream.from_index,
            "snapshot": self._snapshot.value,
        }

    async def _take(self, stream: Stream, result: JsonObject) -> Sequence[Stream]:
        """The streams of the children that this part of the stream tells of."""
        if result["type"] == "started":
            if stream.on_subscribed is not None:
                await stream.on_subscribed()
            return ()
        self._progressed = True
        events = [object_of(event) for event in list_of(object_of(result["data"])["json"])]
        for event in events:
            self._display.see(stream.execution_id, event)
        stream.last_event_id = str(result["id"])
        children = [_spawned(event) for event in events if event["type"] == "child:spawned"]
        self._open |= {child.execution_id: child for child in children}
        return children


def _spawned(event: JsonObject) -> Stream:
    return Stream(str(facts_of(event)["childExecutionId"]))
