from dataclasses import replace

import orjson
import pytest

from chaingraph.errors import Unavailable
from chaingraph.ids import ConnectionId
from chaingraph.interfaces import PostOutcome
from chaingraph.subscriptions import Subscription
from functions.subscription import routes
from functions.websocket import Reply
from tests.fakes.subscriptions import FakeSubscriptions
from tests.fakes.world import World
from tests.functions.api import HERE, Api, api_with_flow, message_payload, payload, watch
from tests.scene import ALICE, BOB

pytestmark = pytest.mark.anyio


async def api_with_execution() -> Api:
    api = await api_with_flow()
    await api.scene.create()
    return api


async def test_a_recorded_connection_announces_its_identity() -> None:
    api = Api()

    reply = await routes.serve(payload("websocket_connect"), api.subscription)

    connection = await api.scene.store.connections.read(HERE)
    assert reply == {"statusCode": 200}
    assert (connection.user, connection.announces_identity) == (None, True)


async def test_a_recorded_end_removes_the_connection_with_its_subscriptions() -> None:
    api = await api_with_execution()
    await api.send(watch("EX1"))

    await api.disconnect()

    assert (api.scene.store.world.connections, api.scene.store.world.subscriptions) == ({}, {})


@pytest.mark.parametrize("name", ["token", "sessionBadAI"])
async def test_a_connection_may_bring_its_token(name: str) -> None:
    api = Api()

    assert await api.connect(**{name: "alices"}) == 200

    assert (await api.scene.store.connections.read(HERE)).user == ALICE


async def test_a_connection_with_a_wrong_token_is_refused() -> None:
    api = Api()

    assert await api.connect(token="forged", connectionParams="1") == 401

    assert api.scene.store.world.connections == {}


@pytest.mark.parametrize("name", ["token", "sessionBadAI"])
async def test_the_connection_params_may_carry_the_token(name: str) -> None:
    api = Api()
    await api.connect(connectionParams="1")

    answer = await api.send({"method": "connectionParams", "data": {"other": None, name: "alices"}})

    assert answer is None
    assert (await api.scene.store.connections.read(HERE)).user == ALICE


@pytest.mark.parametrize("values", [None, {}, {"token": None}, {"token": ""}, {"token": "forged"}])
async def test_connection_params_without_a_good_token_are_refused(values: object) -> None:
    api = Api()
    await api.connect(connectionParams="1")

    answer = await api.send({"method": "connectionParams", "data": values})

    assert (answer["id"], answer["error"]["json"]["data"]["code"]) == (None, "UNAUTHORIZED")
    assert (await api.scene.store.connections.read(HERE)).user is None


async def test_a_subscription_is_left_to_the_relay() -> None:
    api = await api_with_execution()

    answer = await api.send(watch("EX1", batchSize=5))

    (stored,) = await api.scene.store.subscriptions.of_connection(HERE)
    assert answer is None
    assert (stored.execution_id, stored.batch_size) == ("EX1", 5)


async def test_the_end_of_a_subscription_is_left_to_the_relay() -> None:
    api = await api_with_execution()
    await api.send(watch("EX1"))

    answer = await api.send({"id": 9, "method": "subscription.stop"})

    assert answer is None
    assert await api.scene.store.subscriptions.stopping() == [(HERE, "9")]


async def test_a_subscription_that_has_ended_may_be_stopped() -> None:
    api = await api_with_execution()

    assert await api.send({"id": 9, "method": "subscription.stop"}) is None


async def test_the_same_id_twice_is_refused() -> None:
    api = await api_with_execution()
    await api.send(watch("EX1"))

    answer = await api.send(watch("EX1"))

    error = answer["error"]["json"]
    assert (answer["id"], error["message"], error["data"]["code"]) == (9, "Duplicate id 9", "BAD_REQUEST")
    assert len(await api.scene.store.subscriptions.of_connection(HERE)) == 1


class Faltering(FakeSubscriptions):
    """The database is away at first, or answers once it is too late."""

    def __init__(self, world: World, *, silent: int, lands: bool) -> None:
        super().__init__(world)
        self.left, self._lands = silent, lands

    async def add(self, subscription: Subscription) -> None:
        if self.left == 0 or self._lands:
            await super().add(subscription)
        if self.left:
            self.left -= 1
            raise Unavailable("the database does not answer")


async def watched_over(subscriptions: Faltering, api: Api) -> tuple[Reply, list[float]]:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    sent = payload("websocket_message")
    sent["requestContext"]["routeKey"] = "subscription"
    sent["body"] = orjson.dumps(watch("EX1")).decode()
    adapters = replace(api.subscription, subscriptions=subscriptions, sleep=sleep)
    return await routes.serve(sent, adapters), slept


@pytest.mark.parametrize("lands", [False, True], ids=["it was away", "its reply was lost"])
async def test_a_database_that_is_away_for_seconds_is_awaited(lands: bool) -> None:  # noqa: FBT001
    api = await api_with_execution()
    subscriptions = Faltering(api.scene.store.world, silent=1 if lands else 3, lands=lands)

    answer, slept = await watched_over(subscriptions, api)

    (stored,) = await subscriptions.of_connection(HERE)
    assert answer == {"statusCode": 200}
    assert stored.execution_id == "EX1"
    assert slept == list(routes.PAUSES_SECONDS[: 1 if lands else 3])


async def test_a_database_that_stays_away_is_told() -> None:
    api = await api_with_execution()

    _, slept = await watched_over(Faltering(api.scene.store.world, silent=99, lands=False), api)

    (answer,) = api.scene.posts.messages[HERE]
    error = orjson.loads(answer)["error"]["json"]
    assert (error["message"], error["data"]["httpStatus"]) == ("the database does not answer", 500)
    assert slept == list(routes.PAUSES_SECONDS)


@pytest.mark.parametrize(
    ("field", "wishes"),
    [
        ("batchSize", {"batchSize": 0}),
        ("batchSize", {"batchSize": 1001}),
        ("batchSize", {"batchSize": "5"}),
        ("batchTimeoutMs", {"batchTimeoutMs": -1}),
        ("batchTimeoutMs", {"batchTimeoutMs": 1001}),
        ("fromIndex", {"fromIndex": -1}),
        ("fromIndex", {"fromIndex": 0.5}),
        ("eventTypes", {"eventTypes": ["none"]}),
        ("snapshot", {"snapshot": "half"}),
        ("more", {"more": 1}),
    ],
)
async def test_a_wrong_wish_is_refused_by_its_field(field: str, wishes: dict[str, object]) -> None:
    api = await api_with_execution()

    answer = await api.send(watch("EX1", **wishes))

    error = answer["error"]["json"]
    assert (answer["id"], error["data"]["code"]) == (9, "BAD_REQUEST")
    assert list(error["data"]["zodError"]["fieldErrors"]) == [field]
    assert api.scene.store.world.subscriptions == {}


async def test_an_unknown_execution_is_not_found() -> None:
    api = await api_with_execution()

    answer = await api.send(watch("EXnone"))

    assert (answer["id"], answer["error"]["json"]["data"]["code"]) == (9, "NOT_FOUND")


async def test_somebody_elses_execution_is_forbidden() -> None:
    api = await api_with_execution()
    bobs = ConnectionId("bobs")
    await api.scene.store.connections.add(bobs, user=BOB, announces_identity=False)

    answer = await api.send(watch("EX1"), bobs)

    assert answer["error"]["json"]["data"]["code"] == "FORBIDDEN"
    assert api.scene.store.world.subscriptions == {}


async def test_a_connection_without_identity_watches_nothing() -> None:
    api = await api_with_execution()
    await api.connect("nobody")

    answer = await api.send(watch("EX1"), "nobody")

    assert (answer["id"], answer["error"]["json"]["data"]["code"]) == (9, "UNAUTHORIZED")


async def test_a_fault_of_ours_is_told_with_the_requests_id() -> None:
    class Faulty(FakeSubscriptions):
        async def add(self, subscription: Subscription) -> None:
            raise ZeroDivisionError(f"secret detail of {subscription}")

    api = await api_with_execution()
    sent = message_payload(orjson.dumps(watch("EX1")).decode(), HERE)
    with pytest.raises(ZeroDivisionError) as fault:
        await routes.serve(sent, replace(api.subscription, subscriptions=Faulty(api.scene.store.world)))

    (text,) = api.scene.posts.messages[HERE]
    answer = orjson.loads(text)
    assert (answer["id"], answer["error"]["json"]["data"]["code"]) == (9, "INTERNAL_SERVER_ERROR")
    assert b"secret" not in text
    assert routes.refuse(sent, fault.value) == {"statusCode": 200}


async def test_an_answer_that_is_not_delivered_is_a_fault() -> None:
    api = await api_with_execution()
    api.scene.posts.answers[HERE].append(PostOutcome.THROTTLED)

    with pytest.raises(Unavailable):
        await api.send(watch("EX404"))


async def test_a_connection_that_met_a_fault_of_ours_is_refused() -> None:
    reply = routes.refuse(payload("websocket_connect"), ZeroDivisionError())

    assert reply == {"statusCode": 500}
