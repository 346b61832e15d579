"""Events on their way to a client: bytes that are encoded once and then only joined.

With full snapshots a message is what ChainGraph's clients register SuperJSON classes for: every event is
tagged `ExecutionEventImpl`. With values it carries no tags, so that any SuperJSON client can read it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from chaingraph.execution.events import Event
from chaingraph.ids import EventIndex, RequestId
from chaingraph.subscriptions import Snapshot
from chaingraph.wire.messages import MAX_ID_LENGTH

MAX_BATCH_SIZE: Final = 1000

# A message is never longer than its envelope, its events and what is written besides each of them.
ENVELOPE_BYTES: Final = 6 * MAX_ID_LENGTH + 128
BESIDES_EVENT_BYTES: Final = len(b',,"999":[["custom","ExecutionEventImpl"]],')


@dataclass(frozen=True, slots=True)
class EncodedEvent:
    """An event as it stands in a message."""

    index: EventIndex
    type: str
    json: bytes


def encode_event(event: Event, envelope: bytes) -> EncodedEvent:
    """`envelope` is the event's data in SuperJSON: from `Snapshots.expand`, or `stored_envelope`."""
    json = b'{"index":%d,"type":"%b","timestamp":"%b","data":%b}' % (
        event.index,
        event.type.encode(),
        timestamp(event.at_ms).encode(),
        envelope,
    )
    return EncodedEvent(event.index, event.type, json)


def stored_envelope(event: Event) -> bytes:
    """The data of an event as it is stored, for subscriptions that take only what changed."""
    return b'{"json":%b}' % event.payload


def timestamp(at_ms: int) -> str:
    seconds, milliseconds = divmod(at_ms, 1000)
    return f"{_whole_second(seconds)}.{milliseconds:03d}Z"


@lru_cache(maxsize=64)
def _whole_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def events_message(
    request_id: RequestId, events: Sequence[EncodedEvent], *, cursor: EventIndex, snapshot: Snapshot
) -> bytes:
    """One data message. `cursor`: the last event it stands for, which a client names when it comes back."""
    tags = _event_tags(len(events)) if snapshot is Snapshot.FULL else b""
    return b'{"id":%b,"result":{"type":"data","id":"%d","data":{"json":[%b]%b}}}' % (
        request_id.encode(),
        cursor,
        b",".join([event.json for event in events]),
        tags,
    )


@lru_cache(maxsize=MAX_BATCH_SIZE)
def _event_tags(count: int) -> bytes:
    tags = b",".join(b'"%d":[["custom","ExecutionEventImpl"]]' % place for place in range(count))
    return b',"meta":{"values":{%b},"v":1}' % tags if count else b""
