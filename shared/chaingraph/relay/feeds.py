"""The feeds of all executions that somebody watches, and for a while of those that somebody watched."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chaingraph.execution.events import Event
from chaingraph.ids import EventIndex, ExecutionId
from chaingraph.relay.feed import Feed
from chaingraph.relay.limits import Limits
from chaingraph.relay.notices import Notice
from chaingraph.relay.sources import Sources
from chaingraph.subscriptions import Snapshot

MOST_UNWATCHED: Final = 64

Key = tuple[ExecutionId, Snapshot]


@dataclass(slots=True)
class Watched:
    feed: Feed
    watchers: int = 0


class Feeds:
    """Ordered by use: what was watched or woken last is forgotten last."""

    def __init__(self, sources: Sources, limits: Limits, on_notice: Callable[[Notice], None]) -> None:
        self._sources = sources
        self._limits = limits
        self._on_notice = on_notice
        self._watched: OrderedDict[Key, Watched] = OrderedDict()
        self._unwatched: OrderedDict[Key, Feed] = OrderedDict()

    @property
    def bytes(self) -> int:
        feeds = [*self._unwatched.values(), *(watched.feed for watched in self._watched.values())]
        return sum(feed.bytes for feed in feeds)

    def executions(self) -> set[ExecutionId]:
        return {execution_id for execution_id, _ in self._watched}

    def attach(self, execution_id: ExecutionId, snapshot: Snapshot) -> Feed:
        """For every attach one detach."""
        key = (execution_id, snapshot)
        watched = self._watched.get(key)
        if watched is None:
            watched = self._watched[key] = Watched(self._unwatched.pop(key, None) or self._new(key))
            watched.feed.look_again()
        elif watched.feed.failure:
            watched.feed = self._new(key)
        watched.watchers += 1
        return watched.feed

    def detach(self, execution_id: ExecutionId, snapshot: Snapshot) -> None:
        key = (execution_id, snapshot)
        watched = self._watched[key]
        watched.watchers -= 1
        if watched.watchers == 0:
            del self._watched[key]
            self._keep(key, watched.feed)

    def wake(self, execution_id: ExecutionId, last: EventIndex) -> None:
        """An execution without subscribers costs nothing."""
        for snapshot in Snapshot:
            key = (execution_id, snapshot)
            if key in self._watched:
                self._watched.move_to_end(key)
                self._watched[key].feed.wake(last)

    def trim(self) -> None:
        """Keep within the memory: what is needed again is read again."""
        excess = self.bytes - self._limits.memory_bytes
        while excess > 0 and self._unwatched:
            _, feed = self._unwatched.popitem(last=False)
            excess -= feed.bytes
        for watched in list(self._watched.values()):
            if excess <= 0:
                return
            excess -= watched.feed.forget()

    def tasks(self) -> list[asyncio.Task[None] | asyncio.Task[list[Event]]]:
        reading = [watched.feed.reading for watched in self._watched.values() if watched.feed.reading]
        return [*reading, *self._sources.tasks()]

    def _new(self, key: Key) -> Feed:
        execution_id, snapshot = key
        return Feed(
            execution_id, snapshot, sources=self._sources, limits=self._limits, on_notice=self._on_notice
        )

    def _keep(self, key: Key, feed: Feed) -> None:
        if feed.failure:
            return
        self._unwatched[key] = feed
        if len(self._unwatched) > MOST_UNWATCHED:
            self._unwatched.popitem(last=False)
