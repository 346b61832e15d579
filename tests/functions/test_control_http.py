from http import HTTPStatus

import orjson
import pytest

from chaingraph.execution.events import Event
from chaingraph.execution.status import Status
from chaingraph.graph.limits import MAX_DOCUMENT_BYTES
from chaingraph.ids import EventIndex, ExecutionId
from functions.control import routes
from tests.functions.api import Api, api_with_flow, payload
from tests.scene import AT_MS, FLOW, document

pytestmark = pytest.mark.anyio

FLOWS, ONE_FLOW = "/v1/flows", "/v1/flows/{flowId}"
EXECUTIONS, ONE_EXECUTION = "/v1/executions", "/v1/executions/{executionId}"


async def created(api: Api) -> str:
    return (await api.http(f"POST {EXECUTIONS}", body={"flowId": FLOW})).json["executionId"]


async def test_a_recorded_request_reads_a_flow() -> None:
    api = await api_with_flow()

    reply = await routes.serve(payload("http"), api.control)

    assert reply["statusCode"] == HTTPStatus.OK
    shown = orjson.loads(str(reply["body"]))
    assert shown["document"] == orjson.loads(document())
    assert {name: shown[name] for name in ("id", "ownerId", "name", "version")} == {
        "id": FLOW,
        "ownerId": "alice",
        "name": "Test",
        "version": 1,
    }
    assert shown["createdAt"].endswith("Z")


async def test_a_flow_is_stored_changed_listed_and_deleted() -> None:
    api = Api()
    stored = await api.http(f"POST {FLOWS}", body={"metadata": {"name": "Mine"}, "nodes": [], "edges": []})
    flow_id = stored.json["id"]

    changed = await api.http(
        f"PUT {ONE_FLOW}",
        {"flowId": flow_id},
        query={"version": "1"},
        body={"metadata": {"name": "New"}, "nodes": [], "edges": []},
    )
    listed = await api.http(f"GET {FLOWS}")
    deleted = await api.http(f"DELETE {ONE_FLOW}", {"flowId": flow_id})

    assert (stored.status, changed.status, deleted.status) == (201, 200, 204)
    assert (changed.json["version"], changed.json["name"]) == (2, "New")
    assert [flow["name"] for flow in listed.json["flows"]] == ["New"]
    assert deleted.json is None
    assert (await api.http(f"GET {ONE_FLOW}", {"flowId": flow_id})).status == 404


async def test_an_update_of_an_older_version_is_a_conflict() -> None:
    api = await api_with_flow()
    named, query = {"flowId": FLOW}, {"version": "1"}
    await api.http(f"PUT {ONE_FLOW}", named, query=query, body=document(name="First").decode())

    second = await api.http(f"PUT {ONE_FLOW}", named, query=query, body=document(name="Second").decode())

    assert (second.status, second.json["error"]["code"]) == (409, "CONFLICT")
    assert (await api.scene.store.flows.read(FLOW)).name == "First"


async def test_every_problem_of_a_flow_is_listed_with_its_path() -> None:
    api = Api()

    answer = await api.http(f"POST {FLOWS}", body={"metadata": 1, "nodes": {}, "edges": 3})

    assert answer.status == 400
    assert {problem["path"] for problem in answer.json["error"]["problems"]} == {"metadata", "nodes", "edges"}
    assert api.scene.store.world.flows == {}


async def test_a_flow_that_is_too_large_is_refused() -> None:
    api = Api()

    answer = await api.http(f"POST {FLOWS}", body=" " * (MAX_DOCUMENT_BYTES + 1))

    assert (answer.status, answer.json["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")


async def test_an_execution_is_created_started_and_read() -> None:
    api = await api_with_flow()

    made = await api.http(f"POST {EXECUTIONS}", body={"flowId": FLOW})
    execution_id = made.json["executionId"]
    started = await api.http(f"POST {ONE_EXECUTION}/start", {"executionId": execution_id})
    shown = await api.http(f"GET {ONE_EXECUTION}", {"executionId": execution_id})

    assert (made.status, started.json) == (201, {"success": True})
    assert (shown.json["id"], shown.json["status"]) == (execution_id, "running")
    assert shown.json["startedAt"].endswith("Z")


async def test_a_wrong_status_is_a_conflict_that_names_the_status() -> None:
    api = await api_with_flow()
    execution_id = await created(api)

    answer = await api.http(f"POST {ONE_EXECUTION}/pause", {"executionId": execution_id})

    assert answer.status == 409
    assert "created" in answer.json["error"]["message"]


async def test_a_command_may_carry_a_reason() -> None:
    api = await api_with_flow()
    execution_id = await created(api)

    await api.http(f"POST {ONE_EXECUTION}/stop", {"executionId": execution_id}, body={"reason": "enough"})

    command = (await api.scene.store.executions.read(ExecutionId(execution_id))).command
    assert command is not None
    assert (command.by, command.reason) == ("alice", "enough")


async def test_executions_are_listed_by_pages() -> None:
    api = await api_with_flow()
    made = [await created(api) for _ in range(5)]
    seen: list[str] = []
    query = {"limit": "2"}

    while query:
        page = (await api.http(f"GET {EXECUTIONS}", query=query)).json
        seen += [execution["id"] for execution in page["executions"]]
        query = {"limit": "2", "before": page["next"]} if page["next"] else {}

    assert seen == made[::-1]


async def test_executions_of_one_status_are_listed() -> None:
    api = await api_with_flow()
    first, second = await created(api), await created(api)
    await api.http(f"POST {ONE_EXECUTION}/start", {"executionId": second})

    page = await api.http(f"GET {EXECUTIONS}", query={"status": "created"})

    assert [execution["id"] for execution in page.json["executions"]] == [first]


async def test_the_root_executions_of_a_flow_are_listed_by_pages() -> None:
    api = await api_with_flow()
    made = [await created(api) for _ in range(3)]

    first = (await api.http(f"GET {ONE_FLOW}/executions", {"flowId": FLOW}, query={"limit": "2"})).json
    rest = await api.http(f"GET {ONE_FLOW}/executions", {"flowId": FLOW}, query={"before": first["next"]})

    rows = [*first["executions"], *rest.json["executions"]]
    assert [row["execution"]["id"] for row in rows] == made[::-1]
    assert rest.json["next"] is None


async def test_the_tree_of_an_execution_is_shown() -> None:
    api = await api_with_flow()
    events = [{"eventName": "a"}, {"eventName": "b"}]
    made = await api.http(f"POST {EXECUTIONS}", body={"flowId": FLOW, "events": events})

    tree = await api.http(f"GET {ONE_EXECUTION}/tree", made.json)

    assert [row["level"] for row in tree.json] == [0, 1]


async def test_the_history_of_events_is_shown_by_pages_and_types() -> None:
    api = await api_with_flow()
    execution_id = ExecutionId(await created(api))
    log = api.scene.store.world.record(execution_id).events
    log.append(Event(EventIndex(0), "flow:started", AT_MS, b"{}"))

    first = await api.http(f"GET {ONE_EXECUTION}/events", {"executionId": execution_id}, query={"limit": "1"})
    typed = await api.http(
        f"GET {ONE_EXECUTION}/events",
        {"executionId": execution_id},
        query={"types": "flow:started,flow:failed", "snapshot": "values"},
    )

    assert ([event["index"] for event in first.json["events"]], first.json["next"]) == ([-1], -1)
    assert typed.json == {
        "events": [
            {
                "index": 0,
                "type": "flow:started",
                "timestamp": "2026-01-01T00:00:00.000Z",
                "data": {"json": {}},
            }
        ],
        "next": None,
    }


async def test_the_catalogue_of_node_types_is_shown() -> None:
    answer = await Api().http("GET /v1/node-types")

    assert [category["category"] for category in answer.json] == ["math"]


async def test_health_needs_no_token() -> None:
    answer = await Api().http("GET /health", bearer="")

    assert (answer.status, answer.json) == (200, {"status": "ok"})


@pytest.mark.parametrize("token", ["", "forged", "Bearer"])
async def test_a_missing_or_wrong_token_is_refused(token: str) -> None:
    api = await api_with_flow()

    answer = await api.http(f"POST {EXECUTIONS}", body={"flowId": FLOW}, bearer=token)

    assert (answer.status, answer.json["error"]["code"]) == (401, "UNAUTHORIZED")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert api.scene.store.world.records == {}


async def test_a_request_without_authorization_is_refused() -> None:
    api = await api_with_flow()
    sent = payload("http")
    del sent["headers"]["authorization"]

    assert (await routes.serve(sent, api.control))["statusCode"] == 401


@pytest.mark.parametrize(
    ("field", "route", "query", "body"),
    [
        ("flowId", f"POST {EXECUTIONS}", {}, {}),
        ("flowId", f"POST {EXECUTIONS}", {}, {"flowId": 5}),
        ("more", f"POST {EXECUTIONS}", {}, {"flowId": FLOW, "more": 1}),
        ("more", f"POST {EXECUTIONS}", {"more": "1"}, {"flowId": FLOW}),
        ("limit", f"GET {EXECUTIONS}", {"limit": "101"}, None),
        ("limit", f"GET {EXECUTIONS}", {"limit": "many"}, None),
        ("status", f"GET {EXECUTIONS}", {"status": "idle"}, None),
        ("before", f"GET {EXECUTIONS}", {"before": "yesterday"}, None),
        ("before", f"GET {EXECUTIONS}", {"before": "ü"}, None),
        ("before", f"GET {FLOWS}", {"before": "MjAyNi0wMS0wMXx4"}, None),
        ("version", f"PUT {ONE_FLOW}", {}, {}),
        ("version", f"PUT {ONE_FLOW}", {"version": "0"}, {}),
        ("limit", f"GET {ONE_EXECUTION}/events", {"limit": "1001"}, None),
        ("types[0]", f"GET {ONE_EXECUTION}/events", {"types": "none"}, None),
        ("snapshot", f"GET {ONE_EXECUTION}/events", {"snapshot": "half"}, None),
        ("reason", f"POST {ONE_EXECUTION}/stop", {}, {"reason": 1}),
        ("cascade", f"POST {ONE_EXECUTION}/pause", {}, {"cascade": "yes"}),
    ],
)
async def test_a_wrong_field_is_named_and_changes_nothing(
    field: str, route: str, query: dict[str, str], body: object
) -> None:
    api = await api_with_flow()
    await api.scene.create()

    answer = await api.http(route, query=query, body=body, named=_named(route))

    assert (answer.status, answer.json["error"]["code"]) == (400, "BAD_REQUEST")
    assert [problem["path"] for problem in answer.json["error"]["problems"]] == [field]
    await _expect_untouched(api)


@pytest.mark.parametrize("body", ["{", "[]", "7", '"text"', "nonsense"])
async def test_a_body_that_is_no_object_is_refused(body: str) -> None:
    api = await api_with_flow()

    answer = await api.http(f"POST {EXECUTIONS}", body=body)

    assert answer.status == 400
    assert api.scene.store.world.records == {}


@pytest.mark.parametrize(
    "route",
    [
        f"GET {ONE_FLOW}",
        f"GET {ONE_FLOW}/executions",
        f"DELETE {ONE_FLOW}",
        f"GET {ONE_EXECUTION}",
        f"GET {ONE_EXECUTION}/tree",
        f"GET {ONE_EXECUTION}/events",
        f"POST {ONE_EXECUTION}/start",
        f"POST {ONE_EXECUTION}/stop",
        f"POST {ONE_EXECUTION}/pause",
        f"POST {ONE_EXECUTION}/resume",
    ],
)
async def test_what_is_somebody_elses_is_forbidden_and_what_is_not_there_is_not_found(route: str) -> None:
    api = await api_with_flow()
    await api.scene.create()

    foreign = await api.http(route, bearer="bobs", named=_named(route))
    missing = await api.http(route, dict.fromkeys(_named(route), "none"))

    assert (foreign.status, foreign.json["error"]["code"]) == (403, "FORBIDDEN")
    assert (missing.status, missing.json["error"]["code"]) == (404, "NOT_FOUND")
    await _expect_untouched(api)


async def test_a_fault_of_ours_is_told_without_its_cause() -> None:
    reply = routes.refuse(payload("http"), ZeroDivisionError("secret detail"))

    assert reply["statusCode"] == 500
    assert orjson.loads(str(reply["body"]))["error"]["code"] == "INTERNAL_SERVER_ERROR"
    assert "secret" not in str(reply["body"])


def _named(route: str) -> dict[str, str]:
    return {"flowId": FLOW} if "{flowId}" in route else {"executionId": "EX1"} if "{" in route else {}


async def _expect_untouched(api: Api) -> None:
    execution = await api.scene.store.executions.read(ExecutionId("EX1"))
    assert list(api.scene.store.world.records) == ["EX1"]
    assert (execution.status, execution.command) == (Status.CREATED, None)
    assert (await api.scene.store.flows.read(FLOW)).version == 1
