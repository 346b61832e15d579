"""Recent events of one log in memory, in pages that start at fixed indexes, so that readers share them."""

from collections import OrderedDict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from chaingraph.execution.events import CREATED_INDEX
from chaingraph.ids import EventIndex
from chaingraph.wire.event_messages import EncodedEvent

PAGE_SIZE: Final = 64

# Of an event that had left the memory: it has waited long enough, and may leave again.
READ_AGAIN: Final = float("-inf")


@dataclass(frozen=True, slots=True)
class HeldEvent:
    """`since`: when it came into memory, by the event loop's clock, or `READ_AGAIN`; `at_ms`: when it was."""

    encoded: EncodedEvent
    since: float
    at_ms: int


def page_after(cursor: int) -> int:
    """The number of the page in which the event after the cursor stands."""
    return (cursor + 1 - CREATED_INDEX) // PAGE_SIZE


def start_of(page: int) -> EventIndex:
    """The cursor from which the page goes on."""
    return EventIndex(page * PAGE_SIZE + CREATED_INDEX - 1)


class Pages:
    """Those used longest ago are dropped first."""

    def __init__(self) -> None:
        self._pages: OrderedDict[int, list[HeldEvent]] = OrderedDict()
        self.bytes = 0

    def add(self, event: HeldEvent) -> None:
        """Events of a page come in order, from its start on; one that is held already changes nothing."""
        index = event.encoded.index
        page = page_after(index - 1)
        held = self._pages.setdefault(page, [])
        if index == start_of(page) + len(held) + 1:
            held.append(event)
            self.bytes += len(event.encoded.json)
        self._pages.move_to_end(page)

    def after(self, cursor: int) -> Iterator[HeldEvent]:
        """The events that follow the cursor without a gap, as far as they are in memory."""
        page = page_after(cursor)
        skipped = cursor - start_of(page)
        while held := self._pages.get(page):
            self._pages.move_to_end(page)
            yield from held[skipped:]
            if len(held) < PAGE_SIZE:
                return
            page, skipped = page + 1, 0

    def holds_after(self, cursor: int) -> bool:
        page = page_after(cursor)
        return len(self._pages.get(page, ())) > cursor - start_of(page)

    def drop(self, page: int) -> None:
        dropped = self._pages.pop(page, ())
        self.bytes -= sum(len(event.encoded.json) for event in dropped)

    def trim(self, most_bytes: int, *, kept: Collection[int]) -> None:
        """Drop pages until the rest has at most so many bytes; never those in `kept`."""
        if self.bytes <= most_bytes:
            return
        for page in [page for page in self._pages if page not in kept]:
            self.drop(page)
            if self.bytes <= most_bytes:
                return
