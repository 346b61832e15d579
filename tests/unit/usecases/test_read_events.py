import orjson
import pytest

from chaingraph.errors import Forbidden
from chaingraph.execution.events import Event
from chaingraph.ids import EventIndex, ExecutionId
from chaingraph.interfaces import User
from chaingraph.subscriptions import Snapshot
from chaingraph.usecases.read_events import EventPage, EventQuery, read_events
from tests.scene import ALICE, AT_MS, BOB, Scene, scene_with_execution

pytestmark = pytest.mark.anyio


async def scene_with_events(count: int) -> tuple[Scene, ExecutionId]:
    scene, execution_id = await scene_with_execution()
    log = scene.store.world.record(execution_id).events
    log.append(Event(EventIndex(0), "flow:started", AT_MS, b"{}"))
    for index in range(1, count):
        payload = orjson.dumps({"reason": f"pause {index}"})
        log.append(Event(EventIndex(index), "flow:paused", AT_MS, payload))
    return scene, execution_id


def query(
    after: int = -2,
    limit: int = 100,
    types: frozenset[str] = frozenset(),
    snapshot: Snapshot = Snapshot.VALUES,
) -> EventQuery:
    return EventQuery(EventIndex(after), limit, types, snapshot)


async def read(scene: Scene, execution_id: ExecutionId, asked: EventQuery, user: User = ALICE) -> EventPage:
    return await read_events(
        execution_id,
        asked,
        user,
        executions=scene.store.executions,
        event_log=scene.store.event_log,
        checked_flows=scene.rules.checked_flows,
    )


def indexes(page: EventPage) -> list[int]:
    return [event.index for event in page.events]


@pytest.mark.parametrize("snapshot", Snapshot)
async def test_pages_follow_each_other_without_a_gap(snapshot: Snapshot) -> None:
    scene, execution_id = await scene_with_events(5)
    seen: list[int] = []
    after: int | None = -2

    while after is not None:
        page = await read(scene, execution_id, query(after, limit=2, snapshot=snapshot))
        seen += indexes(page)
        after = page.following

    assert seen == [-1, 0, 1, 2, 3, 4]


@pytest.mark.parametrize("snapshot", Snapshot)
async def test_only_events_of_the_types_that_are_asked_for_are_shown(snapshot: Snapshot) -> None:
    scene, execution_id = await scene_with_events(3)

    page = await read(scene, execution_id, query(types=frozenset({"flow:started"}), snapshot=snapshot))

    assert indexes(page) == [0]


async def test_an_event_is_shown_as_it_is_stored() -> None:
    scene, execution_id = await scene_with_events(2)

    page = await read(scene, execution_id, query(after=0))

    assert orjson.loads(page.events[0].json) == {
        "index": 1,
        "type": "flow:paused",
        "timestamp": "2026-01-01T00:00:00.000Z",
        "data": {"json": {"reason": "pause 1"}},
    }


async def test_an_event_is_shown_whole_on_any_page() -> None:
    scene, execution_id = await scene_with_events(3)

    page = await read(scene, execution_id, query(after=1, snapshot=Snapshot.FULL))

    shown = orjson.loads(page.events[0].json)
    assert shown["data"]["json"] == {"flowMetadata": {"name": "Test"}, "reason": "pause 2"}


async def test_a_long_history_is_read_in_several_steps() -> None:
    scene, execution_id = await scene_with_events(2500)

    page = await read(scene, execution_id, query(after=2400, limit=1000, snapshot=Snapshot.FULL))

    assert indexes(page) == list(range(2401, 2500))
    assert page.following is None


async def test_somebody_elses_history_is_not_shown() -> None:
    scene, execution_id = await scene_with_events(1)

    with pytest.raises(Forbidden):
        await read(scene, execution_id, query(), BOB)
