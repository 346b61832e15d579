"""What every EventLog must do, fake or real."""

import pytest

from chaingraph.execution.commits import Commit
from chaingraph.execution.events import Event, EventType
from chaingraph.ids import EventIndex, ExecutionId
from tests.contract.builders import (
    AT_MS,
    LEASE_MS,
    ROOT,
    batch,
    claim_running,
    create,
    created_event,
    event,
    events,
    indexes,
    new_root,
)
from tests.contract.stores import Store

pytestmark = pytest.mark.anyio


async def write(store: Store, *written: Event) -> None:
    claim = await claim_running(store)
    await store.runs.commit(claim, Commit(first=EventIndex(0), events=written), lease_ms=LEASE_MS)


async def test_the_first_event_is_there_from_the_start(store: Store) -> None:
    await create(store)

    assert await store.event_log.read(ROOT, after=EventIndex(-2), limit=10) == [created_event()]
    assert await store.event_log.read(ROOT, after=EventIndex(-1), limit=10) == []


async def test_events_are_read_as_they_were_written(store: Store) -> None:
    written = (
        Event(EventIndex(0), EventType.NODE_STARTED, AT_MS, b'{"nodeId":  "a"}'),
        Event(EventIndex(1), EventType.NODE_COMPLETED, AT_MS + 999, b'{"b": 1.0, "a": 1}'),
    )

    await write(store, *written)

    assert await store.event_log.read(ROOT, after=EventIndex(-1), limit=10) == list(written)


async def test_no_character_is_lost(store: Store) -> None:
    payload = '{"\\u0000": "\\u0000 \\ud83e\\udd8a 🦊 é \\\\u0000 %s %(a)s \\" \\n"}'.encode()

    await write(store, event(0, payload))

    (found,) = await store.event_log.read(ROOT, after=EventIndex(-1), limit=1)
    assert found.payload == payload


async def test_a_page_begins_after_an_index(store: Store) -> None:
    await write(store, *events(5))

    found = await store.event_log.read(ROOT, after=EventIndex(1), limit=2)

    assert [event.index for event in found] == [2, 3]


async def test_a_thousand_events_of_one_commit_come_in_order(store: Store) -> None:
    await write(store, *events(1000))

    assert await indexes(store) == list(range(-1, 1000))


async def test_events_are_selected_by_type(store: Store) -> None:
    await write(store, event(0, kind=EventType.NODE_STARTED), event(1), event(2, kind=EventType.NODE_FAILED))

    found = await store.event_log.read_types(
        ROOT, after=EventIndex(-1), limit=10, types=[EventType.NODE_STARTED, EventType.NODE_FAILED]
    )

    assert [event.index for event in found] == [0, 2]


async def test_the_log_of_another_execution_is_another_log(store: Store) -> None:
    await write(store, *events(3))
    await create(store, new_root("other"))

    assert await indexes(store, "other") == [-1]


async def test_an_unknown_execution_has_no_events(store: Store) -> None:
    assert await store.event_log.read(ExecutionId("nobody"), after=EventIndex(-2), limit=10) == []


async def test_heads_tell_the_last_index_of_each(store: Store) -> None:
    await write(store, *events(3))
    await create(store, new_root("fresh"))

    heads = await store.event_log.heads([ROOT, ExecutionId("fresh"), ExecutionId("nobody")])

    assert heads == {ROOT: 2, "fresh": -1}


async def test_a_heartbeat_does_not_move_the_head(store: Store) -> None:
    claim = await claim_running(store)
    await store.runs.commit(claim, batch(), lease_ms=LEASE_MS)

    assert await store.event_log.heads([ROOT]) == {ROOT: -1}
