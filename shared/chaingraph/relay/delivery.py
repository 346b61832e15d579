"""One subscription's messages, from `started` to `stopped`."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from chaingraph.errors import TooLarge
from chaingraph.interfaces import Assignment, PostOutcome
from chaingraph.relay.batches import Batch, cut
from chaingraph.relay.bell import Bell
from chaingraph.relay.feed import Feed
from chaingraph.relay.limits import Limits
from chaingraph.relay.outlet import Outlet
from chaingraph.relay.pages import READ_AGAIN
from chaingraph.wire.event_messages import events_message
from chaingraph.wire.replies import started, stopped

FIRST_PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Stopped:
    """Its `stopped` was delivered."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The client has left."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """Nobody knows whether the last message was delivered."""


@dataclass(frozen=True, slots=True)
class Failed:
    error: Exception


@dataclass(frozen=True, slots=True)
class LeftOver:
    """For the next relay: nothing is under way."""


Ending = LeftOver | Stopped | Gone | Unclear | Failed


class Delivery:
    def __init__(self, assignment: Assignment, *, feed: Feed, outlet: Outlet, limits: Limits) -> None:
        self.subscription = assignment.subscription
        self.feed = feed
        self.is_waiting = False
        self._cursor = assignment.subscription.cursor
        self._is_started = assignment.is_started
        self._is_stopping = assignment.is_stopping
        self._is_leaving = False
        self._outlet = outlet
        self._served_from_ms = 0 if assignment.is_started else outlet.meter.now_ms()
        self._limits = limits
        self._most_bytes = limits.message_bytes
        self._wait_seconds = assignment.subscription.batch_timeout_ms / 1000
        self._pause_seconds = 0.0
        self._bell = Bell()

    def stop(self) -> None:
        """The client does not want it any more."""
        self._is_stopping = True
        self._bell.ring()

    def leave(self) -> None:
        """The next relay goes on."""
        self._is_leaving = True
        self._bell.ring()

    def assignment(self) -> Assignment:
        """Where it stands, while nothing is being posted."""
        current = replace(self.subscription, cursor=self._cursor)
        return Assignment(current, is_started=self._is_started, is_stopping=self._is_stopping)

    def oldest_undelivered_since(self) -> float | None:
        oldest = next(self.feed.held_after(self._cursor), None)
        return oldest.since if oldest and oldest.since > READ_AGAIN else None

    async def run(self) -> Ending:
        """Deliver until it ends. While `is_waiting` it may be cancelled: what `assignment` tells is exact."""
        if not self._is_started:
            lost = await self._say(started(self.subscription.request_id))
            if lost:
                return lost
            self._is_started = True
        while not (self._is_stopping or self.feed.is_over(self._cursor)):
            lost = Failed(self.feed.failure) if self.feed.failure else await self._step()
            if lost:
                return lost
        return await self._say(stopped(self.subscription.request_id)) or Stopped()

    async def _step(self) -> Ending | None:
        """Send what is due, or wait for more."""
        if self._is_leaving:
            return LeftOver()
        batch = self._cut()
        if not batch.events:
            self._cursor = batch.last
        now, due_at = asyncio.get_running_loop().time(), batch.since + self._wait_seconds
        if batch.events and (batch.is_full or due_at <= now):
            return await self._send(batch)
        if not self.feed.is_over(batch.last):
            with self._waiting():
                await self.feed.more(batch.last, self._bell, due_at if batch.events else None)
        return None

    async def _send(self, due: Batch) -> Ending | None:
        """More may have come while it waited for its turn, or may have left the memory."""
        asked_ms = self._asked_ms(due)
        await self._turn()
        batch = max(due, self._cut(), key=lambda batch: batch.last)
        subscription = self.subscription
        message = events_message(
            subscription.request_id, batch.events, cursor=batch.last, snapshot=subscription.snapshot
        )
        outcome = await self._post(message)
        if outcome is PostOutcome.POSTED:
            self._measure(batch, asked_ms)
            self._cursor = batch.last
            self._most_bytes = self._limits.message_bytes
        elif outcome is PostOutcome.TOO_LARGE and len(batch.events) > 1:
            self._most_bytes = sum(len(event.json) for event in batch.events) // 2
        else:
            return _lost(outcome)
        return None

    def _asked_ms(self, due: Batch) -> int:
        """How long it has waited because the subscription wants large batches rather than early ones."""
        waited = asyncio.get_running_loop().time() - due.since
        return round(1000 * min(waited, self._wait_seconds))

    def _measure(self, posted: Batch, asked_ms: int) -> None:
        """What was written before somebody wanted it has no delay."""
        if posted.at_ms >= self._served_from_ms:
            self._outlet.meter.delivered(posted.at_ms, asked_ms=asked_ms)

    async def _say(self, message: bytes) -> Ending | None:
        """None: it was delivered."""
        while not self._is_leaving:
            await self._turn()
            outcome = await self._post(message)
            if outcome is PostOutcome.POSTED:
                return None
            lost = _lost(outcome)
            if lost:
                return lost
        return LeftOver()

    async def _turn(self) -> None:
        """After a refusal it waits longer each time: the client may be slow."""
        with self._waiting():
            if self._pause_seconds:
                await asyncio.sleep(self._pause_seconds)
            await self._outlet.turn()

    async def _post(self, message: bytes) -> PostOutcome:
        outcome = await self._outlet.post(self.subscription.connection_id, message)
        if outcome is PostOutcome.THROTTLED:
            longer = max(FIRST_PAUSE_SECONDS, 2 * self._pause_seconds)
            self._pause_seconds = min(LONGEST_PAUSE_SECONDS, longer)
        else:
            self._pause_seconds = 0.0
        return outcome

    def _cut(self) -> Batch:
        held = self.feed.held_after(self._cursor)
        return cut(held, self.subscription, self._cursor, self._most_bytes)

    @contextmanager
    def _waiting(self) -> Generator[None]:
        self.is_waiting = True
        try:
            yield
        finally:
            self.is_waiting = False


def _lost(outcome: PostOutcome) -> Ending | None:
    """None: it goes on."""
    match outcome:
        case PostOutcome.GONE:
            return Gone()
        case PostOutcome.UNKNOWN:
            return Unclear()
        case PostOutcome.TOO_LARGE:
            return Failed(TooLarge("a message does not fit"))
        case PostOutcome.POSTED | PostOutcome.THROTTLED:
            return None
