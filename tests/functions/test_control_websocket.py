import base64

import orjson
import pytest

from chaingraph.execution.status import Status
from chaingraph.ids import ConnectionId, ExecutionId
from chaingraph.interfaces import PostOutcome
from functions.control import routes
from tests.functions.api import HERE, Api, api_with_flow, call, payload, query, watch
from tests.scene import BOB, FLOW

pytestmark = pytest.mark.anyio


async def created(api: Api) -> str:
    return (await api.send(call("create", flowId=FLOW)))["result"]["data"]["json"]["executionId"]


async def test_a_recorded_message_creates_an_execution() -> None:
    api = await api_with_flow()

    reply = await routes.serve(payload("websocket_message"), api.control)

    (execution_id,) = api.scene.store.world.records
    assert orjson.loads(str(reply["body"])) == {
        "id": 1,
        "result": {"type": "data", "data": {"json": {"executionId": execution_id}}},
    }


NEW_ROW: dict[str, object] = {
    "flowId": FLOW,
    "ownerId": "alice",
    "parentExecutionId": None,
    "executionDepth": 0,
    "status": "created",
    "startedAt": None,
    "completedAt": None,
    "errorMessage": None,
    "errorNodeId": None,
    "failureCount": 0,
    "integration": {},
    "externalEvents": [],
}


async def test_details_have_the_fields_of_the_row() -> None:
    api = await api_with_flow()
    execution_id = await created(api)

    answer = await api.send(query("getExecutionDetails", executionId=execution_id))

    shown = answer["result"]["data"]
    dates = {name: ["Date"] for name in ("createdAt", "updatedAt", "waiting.until")}
    assert shown["meta"] == {"values": dates, "v": 1}
    assert shown["json"]["createdAt"].endswith("Z")
    assert (shown["json"]["id"], shown["json"]["rootExecutionId"]) == (execution_id, execution_id)
    assert {name: shown["json"][name] for name in NEW_ROW} == NEW_ROW


async def test_options_integration_and_events_are_shown_as_they_were_given() -> None:
    api = await api_with_flow()
    events = [{"eventName": "a", "payload": {"n": 1}}]
    answer = await api.send(
        call(
            "create",
            flowId=FLOW,
            options={"execution": {"maxConcurrency": 3}, "debug": True},
            integration={"archai": {"x": 1}},
            events=events,
        )
    )

    details = await api.send(query("getExecutionDetails", **answer["result"]["data"]["json"]))

    shown = details["result"]["data"]["json"]
    assert shown["options"]["execution"]["maxConcurrency"] == 3
    assert shown["options"]["debug"] is True
    assert (shown["integration"], shown["externalEvents"]) == ({"archai": {"x": 1}}, events)


async def test_an_execution_is_started_once() -> None:
    api = await api_with_flow()
    execution_id = await created(api)

    first = await api.send(call("start", 2, executionId=execution_id))
    second = await api.send(call("start", 3, executionId=execution_id))

    assert first == {"id": 2, "result": {"type": "data", "data": {"json": {"success": True}}}}
    assert second["error"]["json"]["data"]["code"] == "BAD_REQUEST"
    assert "running" in second["error"]["json"]["message"]


async def test_a_tree_is_flat_and_by_level() -> None:
    api = await api_with_flow()
    events = [{"eventName": "a"}, {"eventName": "b", "payload": 1}]
    answer = await api.send(call("create", flowId=FLOW, events=events))

    tree = await api.send(query("getExecutionsTree", **answer["result"]["data"]["json"]))

    rows = tree["result"]["data"]["json"]
    assert [(row["level"], row["parentId"]) for row in rows] == [(0, None), (1, rows[0]["id"])]
    assert [row["execution"]["id"] for row in rows] == [row["id"] for row in rows]


async def test_root_executions_are_paged_by_their_time() -> None:
    api = await api_with_flow()
    for _ in range(3):
        await created(api)
    page = await api.send(query("getRootExecutions", flowId=FLOW, limit=2))
    rows = page["result"]["data"]["json"]

    asked = {"flowId": FLOW, "limit": 2, "after": rows[-1]["execution"]["createdAt"]}
    tagged = {"json": asked, "meta": {"values": {"after": ["Date"]}, "v": 1}}
    params = {"path": "getRootExecutions", "input": tagged}
    following = await api.send({"id": 2, "method": "query", "params": params})

    assert [(row["levels"], row["totalNested"]) for row in rows] == [(0, 1), (0, 1)]
    seen = [row["execution"]["id"] for row in (*rows, *following["result"]["data"]["json"])]
    assert len(set(seen)) == 3


async def test_stop_and_pause_carry_their_reason() -> None:
    api = await api_with_flow()
    execution_id = ExecutionId(await created(api))
    await api.send(call("start", executionId=execution_id))

    await api.send(call("pause", executionId=execution_id))
    paused = await api.scene.store.executions.read(execution_id)
    await api.send(call("stop", executionId=execution_id, reason="enough"))
    stopped = await api.scene.store.executions.read(execution_id)

    assert paused.command is not None
    assert (paused.command.kind, paused.command.reason) == ("pause", "User requested pause")
    assert stopped.command is not None
    assert (stopped.command.kind, stopped.command.reason) == ("stop", "enough")


async def test_a_ping_is_answered() -> None:
    api = Api()

    assert await api.send_text("PING") == "PONG"


async def test_where_nothing_is_to_be_said_nothing_is_sent() -> None:
    api = await api_with_flow()

    assert await api.send_text("PONG") is None
    assert api.scene.posts.messages[HERE] == []


async def test_the_requests_of_a_batch_are_answered_one_by_one() -> None:
    api = await api_with_flow()
    execution_id = await created(api)

    response = await api.send(
        [
            query("getExecutionDetails", 2, executionId=execution_id),
            call("start", 3, executionId="EXnone"),
            call("start", "four", executionId=execution_id),
            {"id": 5, "method": "mutation"},
            watch(execution_id, 6),
        ]
    )

    assert response is None
    answers = {answer["id"]: answer for answer in map(orjson.loads, api.scene.posts.messages[HERE])}
    assert answers.keys() == {2, 3, "four", 5}
    assert answers[2]["result"]["data"]["json"]["id"] == execution_id
    assert answers[3]["error"]["json"]["data"]["code"] == "NOT_FOUND"
    assert answers["four"]["result"]["data"]["json"] == {"success": True}
    assert answers[5]["error"]["json"]["data"]["code"] == "PARSE_ERROR"
    (stored,) = await api.scene.store.subscriptions.of_connection(HERE)
    assert stored.request_id == "6"


async def test_the_answers_of_a_batch_for_a_client_that_has_gone_are_lost() -> None:
    api = await api_with_flow()
    api.scene.posts.answers[HERE].extend([PostOutcome.GONE, PostOutcome.GONE])

    assert await api.send([call("create", 1, flowId=FLOW), call("create", 2, flowId=FLOW)]) is None


BAD_CALLS = [
    ("BAD_REQUEST", "flowId", call("create")),
    ("BAD_REQUEST", "flowId", call("create", flowId=7)),
    ("BAD_REQUEST", "flowId", call("create", flowId="")),
    ("BAD_REQUEST", "more", call("create", flowId=FLOW, more=1)),
    ("BAD_REQUEST", "options", call("create", flowId=FLOW, options={"execution": {"maxConcurrency": 0}})),
    ("BAD_REQUEST", "options", call("create", flowId=FLOW, options={"debug": "yes"})),
    ("BAD_REQUEST", "options", call("create", flowId=FLOW, options={"breakpoints": ["none"]})),
    ("BAD_REQUEST", "events", call("create", flowId=FLOW, events=[{"payload": 1}])),
    ("BAD_REQUEST", "limit", query("getRootExecutions", flowId=FLOW, limit=101)),
    ("BAD_REQUEST", "limit", query("getRootExecutions", flowId=FLOW, limit=0)),
    ("BAD_REQUEST", "after", query("getRootExecutions", flowId=FLOW, after="soon")),
    ("BAD_REQUEST", "executionId", call("start", executionId=None)),
    ("BAD_REQUEST", "reason", call("stop", executionId="EX1", reason=5)),
    ("BAD_REQUEST", "cascade", call("stop", executionId="EX1", cascade="no")),
]


@pytest.mark.parametrize(("code", "field", "message"), BAD_CALLS)
async def test_a_wrong_input_is_refused_by_its_field_and_changes_nothing(
    code: str, field: str, message: dict[str, object]
) -> None:
    api = await api_with_flow()

    answer = await api.send(message)

    error = answer["error"]["json"]
    assert answer["id"] == 1
    assert (error["data"]["code"], list(error["data"]["zodError"]["fieldErrors"])) == (code, [field])
    assert field in error["message"]
    assert api.scene.store.world.records == {}


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("NOT_FOUND", call("missing")),
        ("NOT_FOUND", call("getExecutionDetails", executionId="EX1")),
        ("NOT_FOUND", query("create", flowId=FLOW)),
        ("NOT_FOUND", query("subscribeToExecutionEvents", executionId="EX1")),
        ("NOT_FOUND", call("create", flowId="V2none")),
        ("NOT_FOUND", call("start", executionId="EXnone")),
        ("NOT_FOUND", query("getExecutionDetails", executionId="EXnone")),
        ("NOT_FOUND", query("getRootExecutions", flowId="V2none")),
    ],
)
async def test_what_is_not_there_is_not_found(code: str, message: dict[str, object]) -> None:
    api = await api_with_flow()

    answer = await api.send(message)

    assert (answer["id"], answer["error"]["json"]["data"]["code"]) == (1, code)
    assert api.scene.store.world.records == {}


@pytest.mark.parametrize(
    "text", ["", "{", "nonsense", "null", "7", "[1]", "{}", '{"id":1}', '{"id":{},"method":"query"}']
)
async def test_what_is_no_request_is_refused_and_the_connection_goes_on(text: str) -> None:
    api = await api_with_flow()

    response = await api.send_text(text)

    posts = [post.decode() for post in api.scene.posts.messages[HERE]]
    texts = posts or [response or ""]
    (answer,) = [orjson.loads(refusal) for refusal in texts]
    assert answer["error"]["json"]["data"]["code"] == "PARSE_ERROR"
    assert await api.send_text("PING") == "PONG"


async def test_a_binary_message_is_refused() -> None:
    api = await api_with_flow()
    sent = payload("websocket_message")
    sent["body"] = base64.b64encode(sent["body"].encode()).decode()
    sent["isBase64Encoded"] = True

    reply = await routes.serve(sent, api.control)

    answer = orjson.loads(str(reply["body"]))
    assert answer["error"]["json"]["data"]["code"] == "PARSE_ERROR"
    assert api.scene.store.world.records == {}


async def test_a_message_that_is_too_large_is_refused_with_its_id() -> None:
    api = await api_with_flow()
    large = orjson.dumps(call("create", flowId=FLOW, integration={"x": "y" * 131_072})).decode()

    answer = await api.send(large)

    assert (answer["id"], answer["error"]["json"]["data"]["code"]) == (1, "PAYLOAD_TOO_LARGE")
    assert api.scene.store.world.records == {}


@pytest.mark.parametrize(
    "message",
    [
        call("start", executionId="EX1"),
        call("stop", executionId="EX1"),
        call("pause", executionId="EX1"),
        call("resume", executionId="EX1"),
        query("getExecutionDetails", executionId="EX1"),
        query("getExecutionsTree", executionId="EX1"),
        query("getRootExecutions", flowId=FLOW),
        call("create", flowId=FLOW),
    ],
)
async def test_what_is_somebody_elses_is_forbidden(message: dict[str, object]) -> None:
    api = await api_with_flow()
    await api.scene.create()
    bobs = ConnectionId("bobs")
    await api.scene.store.connections.add(bobs, user=BOB, announces_identity=False)

    answer = await api.send(message, bobs)

    assert answer["error"]["json"]["data"]["code"] == "FORBIDDEN"
    execution = await api.scene.store.executions.read(ExecutionId("EX1"))
    assert (execution.status, execution.command) == (Status.CREATED, None)


async def test_a_connection_without_identity_can_do_nothing() -> None:
    api = await api_with_flow()
    await api.connect("nobody")

    answer = await api.send(call("create", flowId=FLOW), "nobody")

    assert (answer["id"], answer["error"]["json"]["data"]["code"]) == (1, "UNAUTHORIZED")
    assert api.scene.store.world.records == {}


async def test_a_fault_of_ours_is_told_with_the_requests_id_and_without_its_cause() -> None:
    sent = payload("websocket_message")

    reply = routes.refuse(sent, ZeroDivisionError("secret detail"))

    answer = orjson.loads(str(reply["body"]))
    assert (answer["id"], answer["error"]["json"]["data"]["code"]) == (1, "INTERNAL_SERVER_ERROR")
    assert "secret" not in str(reply["body"])
