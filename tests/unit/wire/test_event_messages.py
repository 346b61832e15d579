from datetime import UTC, datetime

import orjson
from hypothesis import given
from hypothesis import strategies as st

from chaingraph.execution.events import Event
from chaingraph.ids import EventIndex, RequestId
from chaingraph.subscriptions import Snapshot
from chaingraph.wire.event_messages import (
    BESIDES_EVENT_BYTES,
    ENVELOPE_BYTES,
    EncodedEvent,
    encode_event,
    events_message,
    stored_envelope,
    timestamp,
)
from chaingraph.wire.snapshots import Snapshots
from tests.unit.wire.recorded_events import EVENTS, RECORDED

REQUEST = RequestId("9")


def test_a_message_of_whole_events_is_what_superjson_writes() -> None:
    snapshots = Snapshots(RECORDED["document"])
    events = [encode_event(event, snapshots.expand(event)) for event in EVENTS]

    message = events_message(REQUEST, events, cursor=EventIndex(24), snapshot=Snapshot.FULL)

    assert orjson.loads(message) == {
        "id": 9,
        "result": {
            "type": "data",
            "id": "24",
            "data": {"json": RECORDED["sent"], "meta": RECORDED["meta"]},
        },
    }


def test_a_message_of_values_carries_events_as_stored_and_no_tags() -> None:
    event = Event(EventIndex(3), "node:completed", 1, b'{"nodeId":"n","values":{"a":1}}')

    encoded = encode_event(event, stored_envelope(event))
    message = events_message(RequestId('"a"'), [encoded], cursor=EventIndex(5), snapshot=Snapshot.VALUES)

    assert message == (
        b'{"id":"a","result":{"type":"data","id":"5","data":{"json":[{"index":3,"type":"node:completed",'
        b'"timestamp":"1970-01-01T00:00:00.001Z","data":{"json":{"nodeId":"n","values":{"a":1}}}}]}}}'
    )


def test_a_message_may_only_move_the_cursor() -> None:
    message = events_message(REQUEST, [], cursor=EventIndex(-1), snapshot=Snapshot.FULL)

    assert message == b'{"id":9,"result":{"type":"data","id":"-1","data":{"json":[]}}}'


@given(st.integers(0, 4_102_444_800_000))
def test_times_are_written_as_javascript_writes_them(at_ms: int) -> None:
    written = timestamp(at_ms)

    assert written.endswith("Z")
    assert len(written) == len("1970-01-01T00:00:00.000Z")
    moment = datetime.fromisoformat(written)
    assert round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000) == at_ms


@given(
    st.lists(st.integers(0, 99), max_size=60),
    st.sampled_from([str(2**53), orjson.dumps("\1" * 100).decode()]),
)
def test_the_length_of_a_message_is_known_before_it_is_joined(sizes: list[int], request_id: str) -> None:
    events = [EncodedEvent(EventIndex(place), "t", b"x" * size) for place, size in enumerate(sizes)]

    message = events_message(RequestId(request_id), events, cursor=EventIndex(2**53), snapshot=Snapshot.FULL)

    assert len(message) <= ENVELOPE_BYTES + sum(size + BESIDES_EVENT_BYTES for size in sizes)
