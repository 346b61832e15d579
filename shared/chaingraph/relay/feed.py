"""The log of one execution in one form, read as far as its subscribers need it.

One task reads, and only while somebody waits. Two tracks run over the log: `front` goes on from where the
log was read last, `back` serves those that need what is not in memory any more. The expanded form can only be
made by passing over all events before, so `back` goes up through the log like an elevator and starts again
from the bottom when nobody above it waits.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Final

from chaingraph.errors import NotFound, Unavailable
from chaingraph.execution.events import CREATED_INDEX, FINAL_EVENT_TYPES, Event
from chaingraph.execution.status import is_final
from chaingraph.ids import EventIndex, ExecutionId, FlowHash
from chaingraph.relay.bell import Bell
from chaingraph.relay.forms import CompactForm, ExpandedForm, Form
from chaingraph.relay.limits import Limits
from chaingraph.relay.notices import Notice, ReadFailed
from chaingraph.relay.pages import PAGE_SIZE, READ_AGAIN, HeldEvent, Pages, page_after, start_of
from chaingraph.relay.sources import Sources
from chaingraph.subscriptions import Snapshot

BEFORE_ALL: Final = EventIndex(CREATED_INDEX - 1)
EVENTS_PER_READ: Final = 4 * PAGE_SIZE
RETRY_SECONDS: Final = 0.5


@dataclass(slots=True)
class Track:
    """Where reading goes on: after `position`."""

    position: EventIndex
    form: Form


class Feed:
    def __init__(
        self,
        execution_id: ExecutionId,
        snapshot: Snapshot,
        *,
        sources: Sources,
        limits: Limits,
        on_notice: Callable[[Notice], None],
    ) -> None:
        self.execution_id = execution_id
        self.failure: Exception | None = None
        self._snapshot = snapshot
        self._sources = sources
        self._limits = limits
        self._on_notice = on_notice
        self._flow_hash: FlowHash | None = None
        self._head = BEFORE_ALL
        self._ended_at: EventIndex | None = None
        self._pages = Pages()
        self._front: Track | None = None
        self._back: Track | None = None
        self._front_was_last = False
        self._waiting: dict[Bell, EventIndex] = {}
        self.reading: asyncio.Task[None] | None = None

    @property
    def bytes(self) -> int:
        return self._pages.bytes

    def held_after(self, cursor: EventIndex) -> Iterator[HeldEvent]:
        return self._pages.after(cursor)

    def is_over(self, cursor: EventIndex) -> bool:
        """Nothing comes after the cursor any more."""
        return self._ended_at is not None and cursor >= self._ended_at

    async def more(self, cursor: EventIndex, bell: Bell, until: float | None) -> None:
        """Wait for events after the cursor, for a ring of the bell, or until that time."""
        self._waiting[bell] = cursor
        try:
            if self._lacks(cursor):
                self._start_reading()
            await (bell.wait() if until is None else bell.wait_until(until))
        finally:
            self._waiting.pop(bell, None)

    def wake(self, last: EventIndex) -> None:
        """The log has events up to this one, at least."""
        if last > self._head:
            self._head = last
            if self._front_lacks():
                self._start_reading()

    def look_again(self) -> None:
        """What is known of the log may be old: the next one who waits makes it new."""
        self._flow_hash = None

    def forget(self) -> int:
        """Give memory back, so many bytes: what is needed is read again."""
        if self.reading is not None:
            return 0
        freed, self._pages = self._pages.bytes, Pages()
        self._front = self._back = None
        return freed

    def _lacks(self, cursor: EventIndex) -> bool:
        if self._flow_hash is None or self._front is None:
            return True
        if cursor >= self._front.position:
            return self._head > self._front.position
        return not self._pages.holds_after(cursor)

    def _front_lacks(self) -> bool:
        if not self._waiting or self._front is None:
            return bool(self._waiting)
        position = self._front.position
        return self._head > position and any(cursor >= position for cursor in self._waiting.values())

    def _start_reading(self) -> None:
        if self.reading is None and self.failure is None:
            self.reading = asyncio.create_task(self._read())
            self.reading.add_done_callback(self._read_ended)

    async def _read(self) -> None:
        try:
            while step := self._next_step():
                try:
                    await step()
                except Unavailable as error:
                    self._on_notice(ReadFailed(self.execution_id, error.message))
                    await asyncio.sleep(RETRY_SECONDS)
                # Those who were rung take their events before the next ones come.
                await asyncio.sleep(0)
        finally:
            self.reading = None

    def _read_ended(self, reading: asyncio.Task[None]) -> None:
        error = None if reading.cancelled() else reading.exception()
        if isinstance(error, Exception):
            self.failure = error
            self._ring(lambda _: True)

    def _next_step(self) -> Callable[[], Awaitable[None]] | None:
        if not self._waiting:
            return None
        if self._flow_hash is None:
            return self._open
        if self._front is None:
            return self._make_front
        front_lacks, missing = self._front_lacks(), self._missing_pages()
        self._front_was_last = front_lacks and not (missing and self._front_was_last)
        if self._front_was_last:
            return self._read_front
        return self._read_back if missing else None

    def _missing_pages(self) -> list[int]:
        """Pages that somebody waits for and that are behind the front."""
        behind = {
            cursor for cursor in self._waiting.values() if self._front and cursor < self._front.position
        }
        return sorted({page_after(cursor) for cursor in behind if not self._pages.holds_after(cursor)})

    async def _open(self) -> None:
        execution = await self._sources.execution(self.execution_id)
        self._flow_hash = execution.flow_hash
        self._head = max(self._head, EventIndex(execution.next_index - 1))
        if is_final(execution.status):
            self._ended_at = EventIndex(execution.next_index - 1)
        self._ring(self.is_over)

    async def _make_front(self) -> None:
        self._front = Track(BEFORE_ALL, await self._new_form())

    async def _new_form(self) -> Form:
        inline_bytes = self._limits.inline_bytes
        match self._snapshot:
            case Snapshot.VALUES:
                return CompactForm(self.execution_id, inline_bytes)
            case Snapshot.FULL:
                document = await self._sources.document(self._flow_hash or FlowHash(""))
                return ExpandedForm(self.execution_id, document, inline_bytes=inline_bytes)

    async def _read_front(self) -> None:
        """With one page before: of those who come back after a cut, some have seen less than others."""
        front = self._front
        if front is None:
            return
        lowest = min(cursor for cursor in self._waiting.values() if cursor >= front.position)
        page = page_after(min(lowest, self._head))
        read = await self._advance(front, start_of(max(0, page - 1)), EVENTS_PER_READ)
        if not read and self._ended_at is not None and front.position < self._ended_at:
            raise self._not_stored()
        self._head = max(self._head, front.position) if read else front.position
        self._ring(lambda cursor: cursor < front.position or self.is_over(cursor))

    async def _read_back(self) -> None:
        missing = self._missing_pages()
        back = self._back
        above = [page for page in missing if back is not None and start_of(page) >= back.position]
        if back is None or not above:
            back = self._back = Track(BEFORE_ALL, await self._new_form())
        start = start_of(min(above or missing))
        if back.position == start or not back.form.needs_history:
            self._pages.drop(page_after(start))
        if not await self._advance(back, start, PAGE_SIZE):
            raise self._not_stored()
        self._ring(self._pages.holds_after)

    async def _advance(self, track: Track, start: EventIndex, most: int) -> int:
        """Read on: up to `start` events are passed over, those after it are made and held."""
        if not track.form.needs_history:
            track.position = max(track.position, start)
        is_shown = track.position >= start
        limit = most if is_shown else min(EVENTS_PER_READ, start - track.position)
        events = await self._sources.read(self.execution_id, track.position, limit)
        since = asyncio.get_running_loop().time() if track is self._front else READ_AGAIN
        for event in events:
            if event.index != track.position + 1:
                raise self._not_stored()
            if is_shown:
                self._pages.add(HeldEvent(track.form.make(event), since, event.at_ms))
            else:
                track.form.pass_over(event)
            self._note_end(event)
            track.position = event.index
        self._trim()
        return len(events)

    def _not_stored(self) -> NotFound:
        return NotFound(f"events of {self.execution_id} are not stored any more")

    def _note_end(self, event: Event) -> None:
        if event.type in FINAL_EVENT_TYPES:
            self._ended_at = event.index

    def _trim(self) -> None:
        in_use = {page_after(track.position - 1) for track in (self._front, self._back) if track is not None}
        self._pages.trim(self._limits.feed_bytes, kept=in_use)

    def _ring(self, is_served: Callable[[EventIndex], bool]) -> None:
        for bell, cursor in self._waiting.items():
            if is_served(cursor):
                bell.ring()
