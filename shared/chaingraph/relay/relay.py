"""The active relay: hears what is new and tells the deliveries; what it did not hear it finds by looking."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from chaingraph.errors import Unavailable
from chaingraph.ids import ConnectionId, Epoch
from chaingraph.interfaces import EventsWakeUp, Posts, Reconnected, SubscriptionWakeUp
from chaingraph.relay.bell import Bell
from chaingraph.relay.closer import Closer
from chaingraph.relay.feeds import Feeds
from chaingraph.relay.limits import Limits
from chaingraph.relay.meter import Meter
from chaingraph.relay.notices import Notice, StoreFailed
from chaingraph.relay.outlet import Outlet
from chaingraph.relay.roster import Roster
from chaingraph.relay.sources import Sources
from chaingraph.relay.store import Store
from chaingraph.relay.tasks import end

RETRY_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Report:
    """How the relay is doing. `lag_ms`: how long the oldest event in memory has waited to be delivered."""

    subscriptions: int
    connections: int
    executions: int
    closing: int
    lag_ms: int
    memory_bytes: int
    posts_per_second: float
    posts: Mapping[str, int]


class Relay:
    """`epoch`: of its lease; the rows that it takes bear it. `run` ends after `leave`."""

    def __init__(
        self,
        epoch: Epoch,
        *,
        store: Store,
        posts: Posts,
        limits: Limits,
        meter: Meter,
        on_notice: Callable[[Notice], None],
    ) -> None:
        self._epoch = epoch
        self._store = store
        self._limits = limits
        self._on_notice = on_notice
        self._feeds = Feeds(Sources(events=store.events, executions=store.executions), limits, on_notice)
        self._outlet = Outlet(posts, limits, meter, on_notice)
        self._closer = Closer(posts, store.connections, limits, on_notice)
        self._roster = Roster(store, self._feeds, self._outlet, self._closer, limits, on_notice)
        self._news = Bell()
        self._due = Bell()
        self._changed: set[ConnectionId] = set()
        self._is_unsure = True
        self._leaving = asyncio.Event()

    def leave(self) -> None:
        """Let end what is under way and hand everything over."""
        self._leaving.set()

    async def run(self) -> None:
        """Raises a group with Conflict when a newer relay exists: nothing of its rows is touched any more."""
        try:
            await self._close_abandoned()
            async with asyncio.TaskGroup() as group:
                hearing = [group.create_task(self._listen()), group.create_task(self._poll())]
                group.create_task(self._look())
                await self._leaving.wait()
                for task in hearing:
                    task.cancel()
                self._news.ring()
            await self._roster.hand_over(self._epoch)
        finally:
            await end([*self._roster.tasks(), *self._closer.closing.values(), *self._feeds.tasks()])

    def report(self) -> Report:
        now = asyncio.get_running_loop().time()
        deliveries = self._roster.deliveries()
        since = [delivery.oldest_undelivered_since() or now for delivery in deliveries]
        return Report(
            subscriptions=len(deliveries),
            connections=len(self._roster.connections()),
            executions=len(self._feeds.executions()),
            closing=len(self._closer.closing),
            lag_ms=round(1000 * (now - min(since, default=now))),
            memory_bytes=self._feeds.bytes,
            posts_per_second=self._outlet.rate,
            posts={str(outcome): count for outcome, count in self._outlet.meter.posts.items()},
        )

    async def _close_abandoned(self) -> None:
        while True:
            try:
                connections = await self._store.assignments.abandoned(self._epoch)
            except Unavailable as error:
                await self._pause(error)
            else:
                return self._roster.close_abandoned(connections)

    async def _listen(self) -> None:
        async for wake_up in self._store.wake_ups.listen():
            match wake_up:
                case EventsWakeUp(execution_id, last):
                    self._feeds.wake(execution_id, last)
                case SubscriptionWakeUp(connection_id):
                    self._changed.add(connection_id)
                    self._news.ring()
                case Reconnected():
                    self._is_unsure = True
                    self._news.ring()
                    self._due.ring()

    async def _look(self) -> None:
        """One at a time, and to its end: a row that was taken is known here."""
        while not self._leaving.is_set():
            await self._news.wait()
            connections, self._changed = self._changed, set()
            try:
                await self._look_at(connections)
            except Unavailable as error:
                self._is_unsure = True
                self._news.ring()
                await self._pause(error)

    async def _look_at(self, connections: set[ConnectionId]) -> None:
        """After an answer was lost, rows may bear this relay's epoch that it does not know."""
        if self._is_unsure:
            self._is_unsure = False
            everybody = await self._store.subscriptions.all()
            connections |= {subscription.connection_id for subscription in everybody}
            connections |= self._roster.connections()
        for assignment in await self._store.assignments.take(self._epoch):
            self._roster.adopt(assignment)
        if connections:
            self._roster.before_looking()
            rows = await self._store.assignments.of(self._epoch, connections)
            self._roster.reconcile(connections, rows)

    async def _poll(self) -> None:
        look_at = asyncio.get_running_loop().time() + self._limits.look_seconds
        while True:
            now = asyncio.get_running_loop().time()
            await self._due.wait_until(now + self._limits.poll_seconds)
            if now >= look_at:
                look_at = now + self._limits.look_seconds
                self._is_unsure = True
            self._news.ring()
            self._feeds.trim()
            try:
                await self._poll_once()
            except Unavailable as error:
                await self._pause(error)

    async def _poll_once(self) -> None:
        """Wake-ups may be lost: ask for the last event of every execution that somebody watches."""
        executions = self._feeds.executions()
        if executions:
            for execution_id, last in (await self._store.events.heads(executions)).items():
                self._feeds.wake(execution_id, last)
        for key in await self._store.subscriptions.stopping():
            self._roster.stop(key)

    async def _pause(self, error: Unavailable) -> None:
        self._on_notice(StoreFailed(error.message))
        await asyncio.sleep(RETRY_SECONDS)
