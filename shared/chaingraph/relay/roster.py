"""The deliveries of this relay, each in a task of its own, and what follows from how each of them ends."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable
from contextlib import suppress
from typing import Final

from chaingraph.errors import Unavailable
from chaingraph.ids import ConnectionId, Epoch, RequestId
from chaingraph.interfaces import Assignment, PostOutcome
from chaingraph.relay.closer import Closer
from chaingraph.relay.delivery import Delivery, Ending, Failed, Gone, LeftOver, Stopped, Unclear
from chaingraph.relay.feeds import Feeds
from chaingraph.relay.limits import Limits
from chaingraph.relay.notices import ConnectionLost, DeliveryFailed, HandedOver, Notice, StoreFailed
from chaingraph.relay.outlet import Outlet
from chaingraph.relay.store import Store
from chaingraph.relay.tasks import finished
from chaingraph.subscriptions import Subscription
from chaingraph.wire.replies import error_reply

RETRY_SECONDS: Final = 0.5

Key = tuple[ConnectionId, RequestId]
Running = asyncio.Task[Ending]


class Roster:
    def __init__(
        self,
        store: Store,
        feeds: Feeds,
        outlet: Outlet,
        closer: Closer,
        limits: Limits,
        on_notice: Callable[[Notice], None],
    ) -> None:
        self._store = store
        self._feeds = feeds
        self._outlet = outlet
        self._closer = closer
        self._limits = limits
        self._on_notice = on_notice
        self._deliveries: dict[Key, tuple[Delivery, Running]] = {}
        self._left: list[Assignment] = []
        self._removing: set[Key] = set()
        self._removed: set[Key] = set()
        self._concluding: set[asyncio.Task[None]] = set()

    def deliveries(self) -> list[Delivery]:
        return [delivery for delivery, _ in self._deliveries.values()]

    def connections(self) -> set[ConnectionId]:
        return {connection_id for connection_id, _ in self._deliveries}

    def adopt(self, assignment: Assignment) -> None:
        """Begin to deliver; not on a connection that is being closed: its rows go with it."""
        subscription = assignment.subscription
        key = _key(subscription)
        if key in self._deliveries or subscription.connection_id in self._closer.closing:
            return
        feed = self._feeds.attach(subscription.execution_id, subscription.snapshot)
        delivery = Delivery(assignment, feed=feed, outlet=self._outlet, limits=self._limits)
        running = asyncio.create_task(delivery.run())
        self._deliveries[key] = (delivery, running)
        running.add_done_callback(lambda _: self._ended(delivery, running))

    def stop(self, key: Key) -> None:
        """Its client does not want it any more."""
        if key in self._deliveries:
            self._deliveries[key][0].stop()

    def before_looking(self) -> None:
        """What is read of the rows from here on knows of every row that was removed before."""
        self._removed.clear()

    def reconcile(self, connections: Collection[ConnectionId], assignments: Iterable[Assignment]) -> None:
        """These are all the rows of this relay on these connections."""
        rows = {_key(assignment.subscription): assignment for assignment in assignments}
        for key in [key for key in self._deliveries if key[0] in connections and key not in rows]:
            self._drop(key)
        for key, assignment in rows.items():
            if assignment.is_stopping:
                self.stop(key)
            if key not in self._deliveries and key not in self._removing | self._removed:
                self.adopt(assignment)

    def close_abandoned(self, connections: Iterable[ConnectionId]) -> None:
        """An earlier relay left them without saying what it had delivered."""
        for connection_id in connections:
            self._closer.close(connection_id, "its relay ended unexpectedly")

    async def hand_over(self, epoch: Epoch) -> None:
        """Let end what is under way, and leave the rest to the next relay, with exact cursors."""
        left = [self._leave(delivery, running) for delivery, running in list(self._deliveries.values())]
        with suppress(TimeoutError):
            async with asyncio.timeout(self._limits.leave_seconds):
                await finished(running for _, running in self._deliveries.values())
                await finished(self._concluding)
                await finished(self._closer.closing.values())
        exact = [assignment for assignment in (*left, *self._left) if assignment is not None]
        await self._until_done(lambda: self._store.assignments.hand_over(epoch, exact))
        self._on_notice(HandedOver(len(exact)))

    def tasks(self) -> list[asyncio.Task[Ending] | asyncio.Task[None]]:
        return [*self._concluding, *(running for _, running in self._deliveries.values())]

    def _leave(self, delivery: Delivery, running: Running) -> Assignment | None:
        """One that waits is left where it stands; one that posts ends with `LeftOver` after it."""
        delivery.leave()
        if not delivery.is_waiting:
            return None
        running.cancel()
        return delivery.assignment()

    def _drop(self, key: Key) -> None:
        """Its client is gone, or comes back over another connection: nothing more is to be said here."""
        self._deliveries[key][1].cancel()

    def _drop_all(self, connection_id: ConnectionId) -> None:
        for key in [key for key in self._deliveries if key[0] == connection_id]:
            self._drop(key)

    def _ended(self, delivery: Delivery, running: Running) -> None:
        subscription = delivery.subscription
        del self._deliveries[_key(subscription)]
        self._feeds.detach(subscription.execution_id, subscription.snapshot)
        if running.cancelled():
            return
        error = running.exception()
        match Failed(error) if isinstance(error, Exception) else running.result():
            case LeftOver():
                self._left.append(delivery.assignment())
            case Stopped():
                self._removing.add(_key(subscription))
                self._conclude(self._remove(subscription))
            case Failed(error):
                self._removing.add(_key(subscription))
                self._conclude(self._tell(subscription, error))
            case Gone():
                self._drop_all(subscription.connection_id)
                self._conclude(self._forget(subscription.connection_id))
            case Unclear():
                self._drop_all(subscription.connection_id)
                self._closer.close(subscription.connection_id, "the outcome of a message is not known")

    async def _remove(self, subscription: Subscription) -> None:
        key = _key(subscription)
        await self._until_done(lambda: self._store.subscriptions.remove(*key))
        self._removing.discard(key)
        self._removed.add(key)

    async def _forget(self, connection_id: ConnectionId) -> None:
        await self._until_done(lambda: self._store.connections.remove(connection_id))
        self._on_notice(ConnectionLost(connection_id))

    async def _tell(self, subscription: Subscription, error: Exception) -> None:
        """A fault of ours ends the subscription; the client learns it by a message, or is let come back."""
        connection_id, request_id = subscription.connection_id, subscription.request_id
        self._on_notice(DeliveryFailed(connection_id, request_id, subscription.execution_id, repr(error)))
        await self._outlet.turn()
        outcome = await self._outlet.post(connection_id, error_reply(request_id, error))
        if outcome is PostOutcome.POSTED:
            await self._remove(subscription)
        else:
            self._closer.close(connection_id, "a subscription failed")
            self._removing.discard(_key(subscription))

    async def _until_done(self, change: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                return await change()
            except Unavailable as error:
                self._on_notice(StoreFailed(error.message))
                await asyncio.sleep(RETRY_SECONDS)

    def _conclude(self, change: Coroutine[None, None, None]) -> None:
        concluding = asyncio.create_task(change)
        self._concluding.add(concluding)
        concluding.add_done_callback(self._concluded)

    def _concluded(self, concluding: asyncio.Task[None]) -> None:
        self._concluding.discard(concluding)
        error = None if concluding.cancelled() else concluding.exception()
        if error:
            self._on_notice(StoreFailed(repr(error)))


def _key(subscription: Subscription) -> Key:
    return (subscription.connection_id, subscription.request_id)
