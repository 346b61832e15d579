from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaingraph.execution.events import Event
from chaingraph.ids import EventIndex, RequestId
from chaingraph.subscriptions import Snapshot
from chaingraph.wire.event_messages import (
    EncodedEvent,
    cut_batches,
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


def _events(sizes: Sequence[int]) -> list[EncodedEvent]:
    return [EncodedEvent(EventIndex(place), "t", b"x" * size) for place, size in enumerate(sizes)]


@pytest.mark.parametrize(
    ("sizes", "batch_size", "max_bytes", "cut"),
    [
        ([], 100, 1000, []),
        ([10], 1, 1000, [1]),
        ([10, 10, 10], 2, 1000, [2, 1]),
        ([10, 10, 10, 10], 2, 1000, [2, 2]),
        ([10, 5000, 10, 10], 100, 1000, [1, 1, 2]),
        ([5000, 5000], 100, 1000, [1, 1]),
        ([300, 300, 300], 100, 1000, [2, 1]),
    ],
)
def test_batches_end_by_number_and_by_bytes(
    sizes: list[int], batch_size: int, max_bytes: int, cut: list[int]
) -> None:
    batches = cut_batches(_events(sizes), batch_size=batch_size, max_bytes=max_bytes)

    assert [len(batch) for batch in batches] == cut


@given(st.lists(st.integers(0, 600)), st.integers(1, 8), st.integers(200, 2000))
def test_batches_lose_nothing_and_fit(sizes: list[int], batch_size: int, max_bytes: int) -> None:
    events = _events(sizes)

    batches = list(cut_batches(events, batch_size=batch_size, max_bytes=max_bytes))

    assert list(chain.from_iterable(batches)) == events
    for batch in batches:
        message = events_message(REQUEST, batch, cursor=batch[-1].index, snapshot=Snapshot.FULL)
        assert 1 <= len(batch) <= batch_size
        assert len(batch) == 1 or len(message) <= max_bytes
