from hypothesis import given
from hypothesis import strategies as st

from chaingraph.execution.events import EventType
from chaingraph.ids import EventIndex
from chaingraph.relay.batches import ENVELOPE_BYTES, TAG_BYTES, Batch, cut
from chaingraph.relay.pages import HeldEvent
from chaingraph.subscriptions import Subscription
from chaingraph.wire.event_messages import EncodedEvent
from tests.unit.relay.trial import subscription

TYPES = ["node:started", "node:completed", EventType.FLOW_COMPLETED]

logs = st.lists(st.tuples(st.sampled_from(TYPES[:2]), st.integers(10, 400)), max_size=60)


@given(log=logs, wanted=st.sets(st.sampled_from(TYPES)), size=st.integers(1, 10), most=st.integers(100, 2000))
def test_batches_together_are_the_log_within_the_limits(
    log: list[tuple[str, int]], wanted: set[str], size: int, most: int
) -> None:
    held = [held_event(index, kind, length) for index, (kind, length) in enumerate(log)]
    watched = subscription(types=wanted, batch_size=size)
    batches = list(all_batches(held, watched, most))

    cut_events = [event.index for batch in batches for event in batch.events]
    assert cut_events == [event.encoded.index for event in held if not wanted or event.encoded.type in wanted]
    assert all(len(batch.events) <= size for batch in batches)
    assert all(weight(batch) <= most or len(batch.events) <= 1 for batch in batches)
    assert all(batch.is_full for batch in batches[:-1])


def test_the_last_event_of_a_log_makes_a_batch_full() -> None:
    held = [held_event(0, "node:started"), held_event(1, EventType.FLOW_COMPLETED)]

    assert cut(held, subscription(), EventIndex(-1), 1000).is_full


def test_a_batch_is_as_old_as_its_first_event_that_is_wanted() -> None:
    held = [held_event(0, "node:started", since=1.0), held_event(1, "node:completed", since=2.0)]

    batch = cut(held, subscription(types=["node:completed"]), EventIndex(-1), 1000)
    assert batch.since == 2.0


def all_batches(held: list[HeldEvent], watched: Subscription, most: int) -> list[Batch]:
    batches: list[Batch] = []
    cursor = EventIndex(-1)
    while cursor < len(held) - 1:
        batches.append(cut(held[cursor + 1 :], watched, cursor, most))
        cursor = batches[-1].last
    return batches


def weight(batch: Batch) -> int:
    return ENVELOPE_BYTES + sum(len(event.json) + TAG_BYTES for event in batch.events)


def held_event(index: int, kind: str, length: int = 10, *, since: float = 0.0) -> HeldEvent:
    return HeldEvent(EncodedEvent(EventIndex(index), kind, b"x" * length), since, 0)
