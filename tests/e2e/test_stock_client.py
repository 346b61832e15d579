"""A frontend written for ChainGraph's executor: the stock npm client against the running system."""

from collections.abc import Generator
from uuid import uuid4

import pytest

from tests.local_system import System
from tests.sketched_flows import chain_of_sleeps, flow_document
from tests.stock_client import Json, Refused, StockClient
from tests.tcp_proxy import tcp_proxy
from tests.viewing import assert_whole, created, finished, with_token

pytestmark = [pytest.mark.xdist_group("system"), pytest.mark.timeout(120)]

SUM = flow_document(
    "sum",
    {
        "a": ("NumberNode", {"num": 2}),
        "b": ("NumberNode", {"num": 3}),
        "sum": ("MathNode", {"operation": "add"}),
    },
    ["a.num -> sum.a", "b.num -> sum.b"],
)


@pytest.fixture
def alice(client: StockClient, local_system: System) -> Generator[str]:
    name = f"alice {uuid4()}"
    client.connect(name, with_token(local_system, "alice"))
    yield name
    client.close(name)


@pytest.fixture
def bob(client: StockClient, local_system: System) -> Generator[str]:
    name = f"bob {uuid4()}"
    client.connect(name, with_token(local_system, "bob"))
    yield name
    client.close(name)


def test_a_flow_is_seen_from_its_creation_to_its_last_event(
    client: StockClient, alice: str, local_system: System
) -> None:
    execution_id = created(client, alice, local_system, SUM)

    client.subscribe("whole", alice, executionId=execution_id)
    assert client.told("whole")["told"] == "started"
    assert client.mutate(alice, "start", executionId=execution_id) == {"success": True}
    events = client.until("whole", "complete")

    assert_whole(events)
    assert [events[0]["type"], events[1]["type"]] == ["execution:created", "flow:started"]
    assert events[-1]["type"] == "flow:completed"
    assert {event["class"] for event in events} == {"ExecutionEventImpl"}
    (done,) = [event["data"]["node"] for event in events if completes(event, "sum")]
    assert done["class"] == "BaseNode"
    assert [port["value"] for port in done["ports"] if port["config"]["key"] == "result"] == [5]


def test_details_are_those_of_the_finished_execution(
    client: StockClient, alice: str, local_system: System
) -> None:
    execution_id = finished(client, alice, local_system, SUM)

    details = client.query(alice, "getExecutionDetails", executionId=execution_id)

    assert (details["id"], details["status"]) == (execution_id, "completed")


def test_a_subscriber_that_left_hears_nothing_more(
    client: StockClient, alice: str, local_system: System
) -> None:
    execution_id = created(client, alice, local_system, SUM)
    client.subscribe("leaving", alice, executionId=execution_id)
    client.until_event("leaving", -1)

    client.unsubscribe("leaving")
    client.subscribe("staying", alice, executionId=execution_id)
    client.mutate(alice, "start", executionId=execution_id)

    assert_whole(client.until("staying", "complete"))
    assert client.heard("leaving") in ([], [{"subscription": "leaving", "told": "complete"}])


def test_a_subscriber_joins_in_the_middle_and_another_after_the_end(
    client: StockClient, alice: str, local_system: System
) -> None:
    execution_id = created(client, alice, local_system, chain_of_sleeps(4, 150))
    client.subscribe("first", alice, executionId=execution_id)
    client.mutate(alice, "start", executionId=execution_id)
    seen = client.until_event("first", 8)

    client.subscribe("middle", alice, executionId=execution_id, fromIndex=5)
    middle = client.until("middle", "complete")
    seen += client.until("first", "complete")
    client.subscribe("late", alice, executionId=execution_id)
    late = client.until("late", "complete")

    assert_whole(seen)
    assert late == seen
    assert middle == [event for event in seen if event["index"] >= 5]


def test_only_the_types_that_were_asked_for_arrive(
    client: StockClient, alice: str, local_system: System
) -> None:
    execution_id = finished(client, alice, local_system, SUM)

    client.subscribe("some", alice, executionId=execution_id, eventTypes=["node:completed"], batchSize=1)
    events = client.until("some", "complete")

    assert [event["type"] for event in events] == ["node:completed"] * 3


def test_a_cut_connection_resumes_without_loss_or_repetition(
    client: StockClient, local_system: System
) -> None:
    with tcp_proxy(local_system.port) as proxy:
        client.connect("cut", with_token(local_system, "alice", port=proxy.port))
        execution_id = created(client, "cut", local_system, chain_of_sleeps(10, 150))
        client.subscribe("long", "cut", executionId=execution_id, batchTimeoutMs=0)
        client.mutate("cut", "start", executionId=execution_id)
        events = client.until_event("long", 12)
        proxy.cut()
        events += client.until_event("long", 30)
        proxy.cut()
        events += client.until("long", "complete")
        connections = proxy.accepted
        client.close("cut")

    assert connections == 3
    assert_whole(events)
    assert events[-1]["type"] == "flow:completed"


def test_requests_of_one_tick_are_answered_one_by_one(
    client: StockClient, alice: str, local_system: System
) -> None:
    flow_id = local_system.store(SUM, token=local_system.token())

    good, bad, other = client.calls(
        alice,
        ("mutation", "create", {"flowId": flow_id}),
        ("query", "getExecutionDetails", {"executionId": "EXnone"}),
        ("query", "getRootExecutions", {"flowId": flow_id}),
    )

    assert good["result"]["executionId"].startswith("EX")
    assert bad["error"]["code"] == "NOT_FOUND"
    assert isinstance(other["result"], list)


@pytest.mark.parametrize("parameter", ["sessionBadAI", "token"])
def test_connection_parameters_say_who_it_is(
    client: StockClient, local_system: System, parameter: str
) -> None:
    flow_id = local_system.store(SUM, token=local_system.token())

    client.connect(
        parameter, local_system.addresses.websocket_url, connectionParams={parameter: local_system.token()}
    )

    assert client.query(parameter, "getRootExecutions", flowId=flow_id) == []
    client.close(parameter)


def test_the_client_keeps_a_connection_that_answers_its_pings(
    client: StockClient, local_system: System
) -> None:
    keep_alive = {"intervalMs": 50, "pongTimeoutMs": 10_000}
    client.connect("pinging", with_token(local_system, "alice"), keepAlive=keep_alive)

    finished(client, "pinging", local_system, chain_of_sleeps(2, 300))

    assert client.told_of("pinging")["told"] == "open"
    client.close("pinging")
    assert client.told_of("pinging")["told"] == "close"


def test_somebody_elses_execution_is_forbidden(
    client: StockClient, alice: str, bob: str, local_system: System
) -> None:
    execution_id = created(client, alice, local_system, SUM)

    for path in ("start", "stop", "pause"):
        with pytest.raises(Refused) as refused:
            client.mutate(bob, path, executionId=execution_id)
        assert refused.value.code == "FORBIDDEN"
    client.subscribe("foreign", bob, executionId=execution_id)
    assert client.told("foreign")["error"]["code"] == "FORBIDDEN"


def test_an_execution_is_not_started_twice(client: StockClient, alice: str, local_system: System) -> None:
    execution_id = finished(client, alice, local_system, SUM)

    with pytest.raises(Refused, match="completed") as refused:
        client.mutate(alice, "start", executionId=execution_id)

    assert refused.value.code == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"batchSize": 0}, "batchSize"),
        ({"batchSize": 1001}, "batchSize"),
        ({"batchTimeoutMs": -1}, "batchTimeoutMs"),
        ({"fromIndex": "first"}, "fromIndex"),
        ({"eventTypes": ["node:exploded"]}, "eventTypes"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_field_of_a_subscription_is_named(
    client: StockClient, alice: str, parameters: dict[str, object], field: str
) -> None:
    name = f"wrong {field} {uuid4()}"

    client.subscribe(name, alice, executionId="EXnone", **parameters)
    error = client.told(name)["error"]

    assert error["code"] == "BAD_REQUEST"
    assert field in error["message"]
    assert any(field in named for named in error["data"]["zodError"]["fieldErrors"])


def test_what_is_not_there_is_not_found(client: StockClient, alice: str) -> None:
    answers = client.calls(
        alice,
        ("mutation", "create", {"flowId": "V2none"}),
        ("mutation", "start", {"executionId": "EXnone"}),
        ("query", "nonsense", {}),
    )

    assert [answer["error"]["code"] for answer in answers] == ["NOT_FOUND"] * 3


def completes(event: Json, node_id: str) -> bool:
    return event["type"] == "node:completed" and event["data"]["node"]["id"] == node_id
