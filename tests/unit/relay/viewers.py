"""Browsers with a stock client, as the relay meets them: they come back and say what they have."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from itertools import count
from typing import Any

import orjson

from chaingraph.errors import Unavailable
from chaingraph.ids import ConnectionId, EventIndex
from chaingraph.interfaces import Connections, PostOutcome, Subscriptions
from chaingraph.subscriptions import Subscription


class Fate(Enum):
    """What becomes of one message."""

    DELIVERED = auto()
    THROTTLED = auto()
    TOO_LARGE = auto()
    REFUSED = auto()
    LOST = auto()
    DELIVERED_IN_SILENCE = auto()
    SOCKET_BREAKS = auto()


@dataclass(slots=True)
class Viewer:
    """`received`: the index of every event, as the user of the client got it."""

    subscription: Subscription
    received: list[int] = field(default_factory=list[int])
    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    batches: list[list[int]] = field(default_factory=list[list[int]])
    error: dict[str, Any] | None = None
    last_event_id: int | None = None
    is_started: bool = False
    is_done: asyncio.Event = field(default_factory=asyncio.Event)
    got: asyncio.Event = field(default_factory=asyncio.Event)

    def receive(self, message: bytes) -> None:
        reply = orjson.loads(message)
        assert orjson.dumps(reply["id"]).decode() == self.subscription.request_id
        assert not self.is_done.is_set(), "something came after the end"
        self.got.set()
        if "error" in reply:
            self.error = reply["error"]["json"]
            self.is_done.set()
            return
        result = reply["result"]
        match result["type"]:
            case "started":
                assert not self.is_started, "started came twice"
                self.is_started = True
            case "data":
                self._take(result)
            case "stopped":
                assert self.is_started, "stopped came before started"
                self.is_done.set()
            case _:
                raise AssertionError(result)

    def _take(self, result: dict[str, Any]) -> None:
        assert self.is_started, "events came before started"
        events = result["data"]["json"]
        self.events += events
        self.batches.append([event["index"] for event in events])
        self.received += self.batches[-1]
        assert int(result["id"]) >= self.received[-1]
        self.last_event_id = int(result["id"])

    def again(self, connection_id: ConnectionId) -> Subscription:
        """What the client sends over a new connection."""
        self.is_started = False
        cursor = self.subscription.cursor if self.last_event_id is None else EventIndex(self.last_event_id)
        return replace(self.subscription, connection_id=connection_id, cursor=cursor)


class Sockets:
    """Implements `Posts` towards viewers. `fate` decides over each message, `pause` takes time."""

    def __init__(
        self,
        connections: Connections,
        subscriptions: Subscriptions,
        *,
        fate: Callable[[bytes], Fate] = lambda _: Fate.DELIVERED,
        pause: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.fate = fate
        self.pause = pause
        self.pause_of: Callable[[bytes], float] = lambda _: self.pause()
        self.posts = 0
        self.closed: list[ConnectionId] = []
        self._connections = connections
        self._subscriptions = subscriptions
        self._viewers: dict[ConnectionId, Viewer] = {}
        self._busy: set[ConnectionId] = set()
        self._names = count()
        self._leaving: set[asyncio.Task[None]] = set()

    async def watch(self, subscription: Subscription) -> Viewer:
        viewer = Viewer(subscription)
        await self._connect(viewer)
        return viewer

    async def post(self, connection_id: ConnectionId, message: bytes) -> PostOutcome:
        assert connection_id not in self._busy, "two posts were under way for one subscription"
        self._busy.add(connection_id)
        try:
            return await self._post(connection_id, message)
        finally:
            self._busy.discard(connection_id)

    async def close(self, connection_id: ConnectionId) -> None:
        await asyncio.sleep(self.pause())
        self._disconnect(connection_id)
        self.closed.append(connection_id)
        await asyncio.sleep(self.pause())

    def forget(self, viewer: Viewer) -> None:
        """The viewer is gone for good, and nobody was told."""
        self._viewers = {known: other for known, other in self._viewers.items() if other is not viewer}

    async def _post(self, connection_id: ConnectionId, message: bytes) -> PostOutcome:
        self.posts += 1
        await asyncio.sleep(self.pause_of(message))
        fate = self.fate(message)
        if fate is Fate.SOCKET_BREAKS:
            self._disconnect(connection_id)
        viewer = self._viewers.get(connection_id)
        if viewer is None:
            return PostOutcome.GONE
        if fate is Fate.REFUSED:
            raise Unavailable("nothing was sent")
        if fate in {Fate.DELIVERED, Fate.DELIVERED_IN_SILENCE}:
            viewer.receive(message)
        await asyncio.sleep(self.pause_of(message))
        return OUTCOMES[fate]

    def _disconnect(self, connection_id: ConnectionId) -> None:
        """The platform tells the functions a little later; the client comes back if it is not done."""
        viewer = self._viewers.pop(connection_id, None)
        if viewer is None:
            return
        self._soon(lambda: self._connections.remove(connection_id))
        if not viewer.is_done.is_set():
            self._soon(lambda: self._connect(viewer))

    def _soon(self, later: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def after_a_pause() -> None:
            await asyncio.sleep(self.pause())
            await later()

        task = asyncio.create_task(after_a_pause())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _connect(self, viewer: Viewer) -> None:
        connection_id = ConnectionId(f"c{next(self._names)}")
        await self._connections.add(connection_id, user=None, announces_identity=False)
        self._viewers[connection_id] = viewer
        await self._subscriptions.add(viewer.again(connection_id))


OUTCOMES = {
    Fate.DELIVERED: PostOutcome.POSTED,
    Fate.THROTTLED: PostOutcome.THROTTLED,
    Fate.TOO_LARGE: PostOutcome.TOO_LARGE,
    Fate.LOST: PostOutcome.UNKNOWN,
    Fate.DELIVERED_IN_SILENCE: PostOutcome.UNKNOWN,
}
