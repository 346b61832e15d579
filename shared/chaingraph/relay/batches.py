"""Which events of those in memory travel in the next message of a subscription."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from chaingraph.execution.events import FINAL_EVENT_TYPES
from chaingraph.ids import EventIndex
from chaingraph.relay.pages import HeldEvent
from chaingraph.subscriptions import Subscription
from chaingraph.wire.event_messages import EncodedEvent

ENVELOPE_BYTES: Final = 160
TAG_BYTES: Final = 44


@dataclass(frozen=True, slots=True)
class Batch:
    """`last`: the last event consumed, filtered ones included.

    `since`: when its first event came into memory, `at_ms`: when that was. `is_full`: it gains nothing by
    waiting.
    """

    events: tuple[EncodedEvent, ...]
    last: EventIndex
    since: float
    at_ms: int
    is_full: bool


def cut(held: Iterable[HeldEvent], subscription: Subscription, cursor: EventIndex, most_bytes: int) -> Batch:
    """The next batch after the cursor: as many events as fit, at least one, if there is one."""
    types = subscription.event_types
    events: list[EncodedEvent] = []
    since, at_ms, size, last = 0.0, 0, ENVELOPE_BYTES, cursor
    for place in held:
        event = place.encoded
        if not types or event.type in types:
            size += len(event.json) + TAG_BYTES
            if events and size > most_bytes:
                return Batch(tuple(events), last, since, at_ms, is_full=True)
            if not events:
                since, at_ms = place.since, place.at_ms
            events.append(event)
        last = event.index
        if event.type in FINAL_EVENT_TYPES or len(events) == subscription.batch_size:
            return Batch(tuple(events), last, since, at_ms, is_full=True)
    return Batch(tuple(events), last, since, at_ms, is_full=False)
