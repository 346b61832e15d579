"""The control function over a real database."""

import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from chaingraph.execution.status import Status
from chaingraph.ids import ConnectionId, ExecutionId
from chaingraph.postgres.connections import PostgresConnections
from chaingraph.postgres.database import Database
from chaingraph.postgres.event_log import PostgresEventLog
from chaingraph.postgres.executions import PostgresExecutions
from chaingraph.postgres.flows import PostgresFlows
from chaingraph.postgres.mailbox import PostgresMailbox
from chaingraph.postgres.queue import PostgresQueue
from chaingraph.postgres.subscriptions import PostgresSubscriptions
from chaingraph.usecases.connect import KnownUsers
from functions.control.adapters import ControlAdapters
from tests.fakes.identities import FakeIdentities
from tests.fakes.posts import FakePosts
from tests.fakes.workflows import FakeWorkflows
from tests.functions.api import HERE, TOKENS, HttpAnswer, call, send_http, send_message, watch
from tests.scene import ALICE, rules

pytestmark = pytest.mark.anyio

EXECUTION = "/v1/executions/{executionId}"
DOCUMENT: dict[str, object] = {"metadata": {"name": "Mine"}, "nodes": [], "edges": []}


@pytest.fixture
async def control(database_url: str) -> AsyncIterator[ControlAdapters]:
    database = Database(database_url)
    connections = PostgresConnections(database)
    await connections.add(HERE, user=ALICE, announces_identity=False)
    yield ControlAdapters(
        flows=PostgresFlows(database),
        executions=PostgresExecutions(database),
        event_log=PostgresEventLog(database),
        mailbox=PostgresMailbox(database),
        queue=PostgresQueue(database),
        workflows=FakeWorkflows(),
        identities=FakeIdentities(TOKENS),
        users=KnownUsers(connections),
        subscriptions=PostgresSubscriptions(database),
        posts=FakePosts(),
        rules=rules(),
        catalogue=list,
        now=lambda: datetime.now(UTC),
        randomness=secrets.token_bytes,
    )
    await database.close()


async def new_flow(control: ControlAdapters) -> str:
    return (await send_http(control, "POST /v1/flows", body=DOCUMENT)).json["id"]


async def new_execution(control: ControlAdapters, **fields: object) -> str:
    asked = {"flowId": await new_flow(control), **fields}
    return (await send_http(control, "POST /v1/executions", body=asked)).json["executionId"]


async def of(control: ControlAdapters, route: str, execution_id: str, **sent: object) -> HttpAnswer:
    return await send_http(control, route, {"executionId": execution_id}, body=sent or None)


async def test_a_flow_is_changed_by_who_read_its_last_version(control: ControlAdapters) -> None:
    named = {"flowId": await new_flow(control)}

    route = "PUT /v1/flows/{flowId}"
    first = await send_http(control, route, named, query={"version": "1"}, body=DOCUMENT)
    second = await send_http(control, route, named, query={"version": "1"}, body=DOCUMENT)

    assert (first.status, first.json["version"], second.status) == (200, 2, 409)


async def test_of_two_starts_one_wins(control: ControlAdapters) -> None:
    execution_id = await new_execution(control)

    first = await of(control, f"POST {EXECUTION}/start", execution_id)
    second = await of(control, f"POST {EXECUTION}/start", execution_id)

    assert (first.status, second.status) == (200, 409)
    assert "running" in second.json["error"]["message"]


async def test_the_same_key_gives_the_same_execution(control: ControlAdapters) -> None:
    asked = {"flowId": await new_flow(control), "idempotencyKey": "k"}

    answers = [await send_http(control, "POST /v1/executions", body=asked) for _ in range(2)]
    other = await send_http(control, "POST /v1/executions", body={**asked, "integration": {"a": 1}})

    assert answers[0].json == answers[1].json
    assert other.status == 409


async def test_each_further_event_gets_a_child_that_is_stopped_with_its_root(
    control: ControlAdapters,
) -> None:
    events = [{"eventName": name, "payload": {"n": "\0"}} for name in "abc"]
    root_id = await new_execution(control, events=events)

    await of(control, f"POST {EXECUTION}/stop", root_id, reason="enough")

    tree = (await of(control, f"GET {EXECUTION}/tree", root_id)).json
    assert [row["level"] for row in tree] == [0, 1, 1]
    assert {row["execution"]["command"]["reason"] for row in tree} == {"enough"}
    assert sorted(row["execution"]["externalEvents"][0]["eventName"] for row in tree) == ["a", "b", "c"]


async def test_listings_are_paged_without_a_gap(control: ControlAdapters) -> None:
    made = [await new_execution(control) for _ in range(3)]

    first = (await send_http(control, "GET /v1/executions", query={"limit": "2"})).json
    rest = (await send_http(control, "GET /v1/executions", query={"before": first["next"]})).json

    shown = [execution["id"] for execution in (*first["executions"], *rest["executions"])]
    assert shown == made[::-1]


async def test_the_history_begins_with_the_creation(control: ControlAdapters) -> None:
    execution_id = await new_execution(control)

    history = (await of(control, f"GET {EXECUTION}/events", execution_id)).json

    assert [(event["index"], event["type"]) for event in history["events"]] == [(-1, "execution:created")]
    assert history["events"][0]["data"]["json"]["executionId"] == execution_id


@pytest.mark.parametrize("name", ["none", "a\0b", "\ud800", "ü", "x" * 5000, "'; drop table x; --"])
async def test_no_id_meets_a_fault_of_ours(control: ControlAdapters, name: str) -> None:
    execution = await of(control, f"GET {EXECUTION}", name)
    flow = await send_http(control, "GET /v1/flows/{flowId}", {"flowId": name})

    assert {execution.status, flow.status} <= {400, 404}


async def test_a_subscription_on_an_unknown_connection_is_refused(control: ControlAdapters) -> None:
    execution_id = await new_execution(control)
    gone = ConnectionId("gone")

    await send_message(control, [watch(execution_id)], gone)

    assert isinstance(control.posts, FakePosts)
    (answer,) = control.posts.messages[gone]
    assert b"NOT_FOUND" in answer


async def test_a_call_over_the_websocket_starts_an_execution(control: ControlAdapters) -> None:
    execution_id = ExecutionId(await new_execution(control))

    await send_message(control, call("start", executionId=execution_id))

    assert (await control.executions.read(execution_id)).status is Status.RUNNING
