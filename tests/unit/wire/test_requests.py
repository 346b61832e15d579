from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from chaingraph.errors import NotFound, Rejected
from chaingraph.execution.events import EventType
from chaingraph.execution.options import OnNodeFailure
from chaingraph.ids import RequestId
from chaingraph.subscriptions import Snapshot
from chaingraph.wire.messages import Call, CallKind, Subscribe
from chaingraph.wire.requests import (
    PROCEDURES,
    Create,
    GetExecutionDetails,
    GetExecutionsTree,
    GetRootExecutions,
    Pause,
    Resume,
    Start,
    Stop,
    SubscribeToExecutionEvents,
    call_request,
    parse,
    starting_cursor,
    subscription_request,
)
from chaingraph.wire.values import MAX_DEPTH, UNDEFINED, BigInt, Json, SetValue, Value

REQUEST = RequestId("1")


def _problems(model: type[BaseModel], value: object) -> list[tuple[str, str]]:
    with pytest.raises(Rejected) as refusal:
        parse(model, value)
    return [(problem.path, problem.message) for problem in refusal.value.problems]


def _paths(model: type[BaseModel], value: object) -> set[str]:
    return {path for path, _ in _problems(model, value)}


def test_a_subscription_has_the_defaults_of_the_protocol() -> None:
    request = parse(SubscribeToExecutionEvents, {"executionId": "EX1"})

    assert request.model_dump() == {
        "execution_id": "EX1",
        "from_index": 0,
        "event_types": (),
        "batch_size": 100,
        "batch_timeout_ms": 25,
        "snapshot": Snapshot.FULL,
    }


def test_a_subscription_says_what_it_wants() -> None:
    request = parse(
        SubscribeToExecutionEvents,
        {
            "executionId": "EX1",
            "fromIndex": 7,
            "eventTypes": ["flow:started", "stream:chunk"],
            "batchSize": 1000,
            "batchTimeoutMs": 0,
            "snapshot": "values",
        },
    )

    assert request.event_types == (EventType.FLOW_STARTED, EventType.STREAM_CHUNK)
    assert (request.from_index, request.batch_size, request.batch_timeout_ms) == (7, 1000, 0)
    assert request.snapshot is Snapshot.VALUES


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("batchSize", 0),
        ("batchSize", 1001),
        ("batchSize", "100"),
        ("batchSize", float("nan")),
        ("batchTimeoutMs", -1),
        ("batchTimeoutMs", 1001),
        ("batchTimeoutMs", 2.5),
        ("fromIndex", -1),
        ("fromIndex", True),
        ("fromIndex", None),
        ("fromIndex", 2**53),
        ("eventTypes", "flow:started"),
        ("eventTypes[1]", ["flow:started", "flow:begun"]),
        ("snapshot", "none"),
        ("executionId", ""),
        ("executionId", "x" * 201),
        ("executionId", "a\0b"),
        ("executionId", 5),
        ("unknown", 1),
    ],
)
def test_a_bad_field_of_a_subscription_is_named(field: str, value: Json) -> None:
    fields: dict[str, Json] = {"executionId": "EX1", field.partition("[")[0]: value}

    assert _paths(SubscribeToExecutionEvents, fields) == {field}


EVERYTHING: Json = {
    "flowId": "f",
    "options": {
        "execution": {"maxConcurrency": 3},
        "debug": True,
        "breakpoints": ["n"],
        "onNodeFailure": "fail",
        "spawnChildren": "atEnd",
    },
    "integration": {"archai": {"chatID": "c"}},
    "events": [{"eventName": "ping", "payload": {"who": "ann"}}, {"eventName": "pong"}],
    "idempotencyKey": "k",
}


def test_create_takes_everything_at_once() -> None:
    request = parse(Create, EVERYTHING)

    assert request.options.execution.max_concurrency == 3
    assert request.options.on_node_failure is OnNodeFailure.FAIL
    assert request.integration == {"archai": {"chatID": "c"}}
    assert [(event.event_name, event.payload) for event in request.events] == [
        ("ping", {"who": "ann"}),
        ("pong", None),
    ]
    assert request.idempotency_key == "k"


def test_every_wrong_field_is_named_with_its_reason() -> None:
    problems = _problems(
        Create,
        {
            "flowId": 5,
            "options": {"execution": {"maxConcurrency": 0, "x": 1}, "onNodeFailure": "stop", "debug": None},
            "integration": [],
            "events": [{"eventName": ""}, {}, 7],
        },
    )

    assert problems == [
        ("flowId", "expected string, received number"),
        ("options.execution.maxConcurrency", "should be greater than or equal to 1"),
        ("options.execution.x", "is not a known field"),
        ("options.debug", "expected boolean, received null"),
        ("options.onNodeFailure", "should be 'continue' or 'fail'"),
        ("integration", "expected object, received array"),
        ("events[0].eventName", "String should have at least 1 character"),
        ("events[1].eventName", "is required"),
        ("events[2]", "expected object, received number"),
    ]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (UNDEFINED, ("flowId", "is required")),
        ({"flowId": UNDEFINED}, ("flowId", "is required")),
        (None, ("", "expected object, received null")),
        ([], ("", "expected object, received array")),
        (SetValue(()), ("", "expected object, received set")),
        ({"flowId": datetime(2026, 1, 5, tzinfo=UTC)}, ("flowId", "expected string, received datetime")),
        ({"flowId": [UNDEFINED]}, ("flowId", "expected string, received array")),
        ({"flowId": "f", "events": [UNDEFINED]}, ("events[0]", "expected object, received undefined")),
        ({"flow_id": "f", "flowId": "f"}, ("flow_id", "is not a known field")),
    ],
)
def test_what_came_instead_is_named(value: Value, problem: tuple[str, str]) -> None:
    assert _problems(Create, value) == [problem]


def test_an_undefined_field_is_not_there() -> None:
    request = parse(
        Create, {"flowId": "f", "options": {"execution": {"maxConcurrency": UNDEFINED}, "debug": UNDEFINED}}
    )

    assert request.options.execution.max_concurrency == 50


def test_payloads_are_kept_as_json() -> None:
    at = datetime(2026, 1, 5, tzinfo=UTC)

    request = parse(
        Create,
        {
            "flowId": "f",
            "integration": {"at": at, "gone": UNDEFINED},
            "events": [{"eventName": "e", "payload": [BigInt(2**80), UNDEFINED]}],
        },
    )

    assert request.integration == {"at": "2026-01-05T00:00:00.000Z"}
    assert request.events[0].payload == [str(2**80), None]


def test_root_executions_are_asked_by_pages() -> None:
    at = datetime(2026, 1, 5, tzinfo=UTC)

    assert parse(GetRootExecutions, {"flowId": "f"}).limit == 50
    assert parse(GetRootExecutions, {"flowId": "f", "limit": 100, "after": at}).after == at
    assert _paths(GetRootExecutions, {"flowId": "f", "limit": 101, "after": "2026-01-05"}) == {
        "limit",
        "after",
    }


@pytest.mark.parametrize("model", [Stop, Pause, Resume])
def test_commands_reach_the_children_unless_told_otherwise(model: type[Stop | Pause | Resume]) -> None:
    assert parse(model, {"executionId": "e"}).cascade is True
    assert parse(model, {"executionId": "e", "cascade": False}).cascade is False


@pytest.mark.parametrize("model", [Stop, Pause])
def test_a_reason_is_a_text_of_limited_length(model: type[Stop | Pause]) -> None:
    assert parse(model, {"executionId": "e", "reason": "enough"}).reason == "enough"
    assert _paths(model, {"executionId": "e", "reason": "x" * 1001}) == {"reason"}
    assert _paths(model, {"executionId": "e", "reason": "\0"}) == {"reason"}


@pytest.mark.parametrize(
    ("kind", "path", "model"),
    [
        (CallKind.MUTATION, "start", Start),
        (CallKind.MUTATION, "stop", Stop),
        (CallKind.MUTATION, "pause", Pause),
        (CallKind.MUTATION, "resume", Resume),
        (CallKind.QUERY, "getExecutionDetails", GetExecutionDetails),
        (CallKind.QUERY, "getExecutionsTree", GetExecutionsTree),
    ],
)
def test_a_call_is_checked_by_the_procedure_it_names(
    kind: CallKind, path: str, model: type[BaseModel]
) -> None:
    request = call_request(Call(REQUEST, kind, path, {"executionId": "EX1"}))

    assert request == parse(model, {"executionId": "EX1"})


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        (CallKind.MUTATION, "missing"),
        (CallKind.QUERY, "create"),
        (CallKind.QUERY, "subscribeToExecutionEvents"),
    ],
)
def test_an_unknown_procedure_is_not_found(kind: CallKind, path: str) -> None:
    with pytest.raises(NotFound) as refusal:
        call_request(Call(REQUEST, kind, path, {}))

    assert refusal.value.message == f'No "{kind}"-procedure on path "{path}"'


def test_there_is_one_subscription() -> None:
    with pytest.raises(NotFound) as refusal:
        subscription_request(Subscribe(REQUEST, "create", {}, None))

    assert refusal.value.message == 'No "subscription"-procedure on path "create"'


@pytest.mark.parametrize(
    ("from_index", "last_event_id", "cursor"),
    [(0, None, -2), (1, None, 0), (7, None, 6), (0, "17", 17), (100, "-1", -1), (100, "0", 0)],
)
def test_what_the_client_has_seen_wins_over_where_it_asks_to_begin(
    from_index: int, last_event_id: str | None, cursor: int
) -> None:
    wanted: dict[str, Value] = {"executionId": "EX1", "fromIndex": from_index}
    subscribe = Subscribe(REQUEST, "subscribeToExecutionEvents", wanted, last_event_id)

    assert starting_cursor(subscribe, subscription_request(subscribe)) == cursor


@pytest.mark.parametrize("last_event_id", ["", "-2", "1.5", "x", "9" * 16])
def test_an_id_that_no_message_had_is_refused(last_event_id: str) -> None:
    subscribe = Subscribe(REQUEST, "subscribeToExecutionEvents", {"executionId": "EX1"}, last_event_id)

    with pytest.raises(Rejected) as refusal:
        starting_cursor(subscribe, subscription_request(subscribe))

    assert [problem.path for problem in refusal.value.problems] == ["lastEventId"]


def test_plain_json_of_any_depth_is_refused_not_crashed_on() -> None:
    nested: Json = None
    for _ in range(MAX_DEPTH + 1):
        nested = [nested]

    with pytest.raises(Rejected):
        parse(Create, {"flowId": "f", "integration": {"deep": nested}})


anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3), st.just(UNDEFINED)),
    lambda children: st.one_of(
        st.lists(children, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["flowId", "executionId", "options", "execution", "events", "eventName", "limit"]
            ),
            children,
            max_size=4,
        ),
    ),
    max_leaves=8,
)


@given(st.sampled_from([*PROCEDURES.values(), SubscribeToExecutionEvents]), anything)
def test_no_input_raises_anything_but_a_refusal_with_reasons(model: type[BaseModel], value: object) -> None:
    try:
        parse(model, value)
    except Rejected as refusal:
        reasons = [problem.message for problem in refusal.problems]
    else:
        reasons = ["none"]

    assert all(reasons)
    assert reasons
