import orjson
import pytest

from chaingraph.errors import Forbidden, NotFound, Rejected
from chaingraph.ids import ConnectionId, ExecutionId, RequestId
from chaingraph.interfaces import User
from chaingraph.subscriptions import Snapshot
from chaingraph.usecases.subscribe import subscribe, subscription_of, unsubscribe
from chaingraph.wire.messages import Subscribe, parse
from tests.scene import ALICE, BOB, Scene, scene_with_execution

pytestmark = pytest.mark.anyio

HERE = ConnectionId("here")


def message(execution_id: ExecutionId, last_event_id: str | None = None, **wishes: object) -> Subscribe:
    params = {
        "path": "subscribeToExecutionEvents",
        "input": {"json": {"executionId": execution_id, **wishes}},
        "lastEventId": last_event_id,
    }
    sent = parse(orjson.dumps({"id": 9, "method": "subscription", "params": params}).decode())
    assert isinstance(sent, Subscribe)
    return sent


async def watch(scene: Scene, sent: Subscribe, user: User = ALICE) -> None:
    await subscribe(
        subscription_of(HERE, sent),
        user,
        executions=scene.store.executions,
        subscriptions=scene.store.subscriptions,
    )


async def connected() -> tuple[Scene, ExecutionId]:
    scene, execution_id = await scene_with_execution()
    await scene.store.connections.add(HERE, user=ALICE, announces_identity=False)
    return scene, execution_id


async def test_a_subscription_is_stored_with_what_the_client_wishes() -> None:
    scene, execution_id = await connected()

    await watch(scene, message(execution_id, batchSize=7, snapshot="values", eventTypes=["flow:started"]))

    (stored,) = await scene.store.subscriptions.of_connection(HERE)
    assert (stored.request_id, stored.execution_id, stored.cursor) == ("9", execution_id, -2)
    assert (stored.batch_size, stored.batch_timeout_ms, stored.snapshot) == (7, 25, Snapshot.VALUES)
    assert stored.event_types == {"flow:started"}


@pytest.mark.parametrize(("last_event_id", "cursor"), [(None, 4), ("17", 17), ("-1", -1)])
async def test_what_was_received_last_wins_over_where_to_begin(
    last_event_id: str | None, cursor: int
) -> None:
    scene, execution_id = await connected()

    await watch(scene, message(execution_id, last_event_id, fromIndex=5))

    (stored,) = await scene.store.subscriptions.of_connection(HERE)
    assert stored.cursor == cursor


async def test_a_request_id_is_used_once() -> None:
    scene, execution_id = await connected()
    await watch(scene, message(execution_id))

    with pytest.raises(Rejected, match="Duplicate id 9"):
        await watch(scene, message(execution_id, batchSize=1))

    (stored,) = await scene.store.subscriptions.of_connection(HERE)
    assert stored.batch_size == 100


async def test_somebody_elses_execution_cannot_be_watched() -> None:
    scene, execution_id = await connected()

    with pytest.raises(Forbidden):
        await watch(scene, message(execution_id), BOB)

    assert await scene.store.subscriptions.of_connection(HERE) == []


async def test_an_unknown_execution_cannot_be_watched() -> None:
    scene, _ = await connected()

    with pytest.raises(NotFound):
        await watch(scene, message(ExecutionId("EXnone")))


async def test_a_subscription_is_ended_by_the_relay() -> None:
    scene, execution_id = await connected()
    await watch(scene, message(execution_id))

    await unsubscribe(HERE, RequestId("9"), subscriptions=scene.store.subscriptions)

    assert await scene.store.subscriptions.stopping() == [(HERE, "9")]


async def test_the_end_of_a_subscription_that_has_ended_is_no_error() -> None:
    scene, _ = await connected()

    await unsubscribe(HERE, RequestId("9"), subscriptions=scene.store.subscriptions)

    assert await scene.store.subscriptions.stopping() == []
