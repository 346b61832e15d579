"""Messages as the stock client sends them: `recorded_trpc.json` is a talk of a stock client and server."""

import json
from pathlib import Path
from typing import NotRequired, TypedDict

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaingraph.ids import RequestId
from chaingraph.wire.messages import (
    BINARY,
    MAX_BATCH,
    MAX_MESSAGE_BYTES,
    Batch,
    Call,
    CallKind,
    ConnectionParams,
    Message,
    Ping,
    Pong,
    Refused,
    StopSubscription,
    Subscribe,
    parse,
)
from chaingraph.wire.values import UNDEFINED, Json

ONE = RequestId("1")


class Exchange(TypedDict):
    sent: NotRequired[str]
    sent_binary: NotRequired[str]
    received: list[str]


class Recorded(TypedDict):
    exchanges: list[Exchange]


RECORDED: Recorded = json.loads((Path(__file__).parent / "recorded_trpc.json").read_text("utf-8"))
TEXTS = [exchange for exchange in RECORDED["exchanges"] if "sent" in exchange]


def _parsed(message: Json) -> Message:
    return parse(json.dumps(message))


def _error(reply: bytes | str) -> dict[str, Json]:
    message: dict[str, dict[str, dict[str, Json]]] = orjson.loads(reply)
    return message["error"]["json"]


def _code(reply: bytes | str) -> Json:
    return _error(reply)["code"]


def _refused(message: Message) -> Refused:
    assert isinstance(message, Refused)
    return message


@pytest.mark.parametrize("exchange", TEXTS, ids=lambda exchange: str(exchange.get("sent"))[:60])
def test_what_the_stock_server_cannot_read_is_refused_and_nothing_else(exchange: Exchange) -> None:
    message = parse(exchange.get("sent", ""))

    is_unreadable = any('"PARSE_ERROR"' in reply for reply in exchange["received"])
    parts = message.requests if isinstance(message, Batch) else (message,)
    # An input may be left out here: which field is missing is then said by name.
    is_without_input = isinstance(message, Call) and message.input is UNDEFINED
    assert any(isinstance(part, Refused) for part in parts) == (is_unreadable and not is_without_input)


def test_a_call_is_read() -> None:
    text = '{"id":1,"method":"mutation","params":{"input":{"json":{"flowId":"f"}},"path":"create"}}'

    assert parse(text) == Call(ONE, CallKind.MUTATION, "create", {"flowId": "f"})


def test_an_undefined_input_is_read() -> None:
    nothing: Json = {"json": None, "meta": {"values": ["undefined"], "v": 1}}

    message = _parsed({"id": 1, "method": "query", "params": {"input": nothing, "path": "p"}})

    assert message == Call(ONE, CallKind.QUERY, "p", UNDEFINED)


def test_a_text_as_id_is_kept_as_it_is_written_in_json() -> None:
    assert parse('{"id":"a\\"ü","method":"subscription.stop"}') == StopSubscription(RequestId('"a\\"ü"'))


def test_a_subscription_is_read_with_the_last_event_the_client_has_seen() -> None:
    text = '{"id":9,"method":"subscription","params":{"input":{"json":{}},"path":"s","lastEventId":"17"}}'

    assert parse(text) == Subscribe(RequestId("9"), "s", {}, "17")


def test_a_first_subscription_has_seen_nothing() -> None:
    text = '{"id":9,"method":"subscription","params":{"input":{"json":{}},"path":"s"}}'

    assert parse(text) == Subscribe(RequestId("9"), "s", {}, None)


def test_pings_and_pongs_are_plain_text() -> None:
    assert parse("PING") == Ping()
    assert parse("PONG") == Pong()


def test_connection_params_may_be_null() -> None:
    text = '{"method":"connectionParams","data":{"sessionBadAI":"tok","other":null}}'

    assert parse(text) == ConnectionParams({"sessionBadAI": "tok", "other": None})
    assert parse('{"method":"connectionParams","data":null}') == ConnectionParams({})


@pytest.mark.parametrize("values", [[], "tok", {"a": 1}])
def test_other_connection_params_are_refused(values: Json) -> None:
    refused = _refused(_parsed({"method": "connectionParams", "data": values}))

    assert refused.id is None
    assert _code(refused.reply) == -32700


def test_requests_of_one_tick_arrive_together() -> None:
    call: Json = {"id": 1, "method": "query", "params": {"input": {"json": 1}, "path": "p"}}

    assert _parsed([call, {"id": 1, "method": "subscription.stop"}]) == Batch(
        (Call(ONE, CallKind.QUERY, "p", 1), StopSubscription(ONE))
    )


def test_a_bad_request_does_not_harm_the_others_of_its_batch() -> None:
    message = parse('[{"id":1,"method":"nonsense"},7,{"id":2,"method":"subscription.stop"}]')

    assert isinstance(message, Batch)
    bad, number, good = message.requests
    assert (_refused(bad).id, _refused(number).id) == ("1", None)
    assert good == StopSubscription(RequestId("2"))


def test_an_empty_batch_asks_for_nothing() -> None:
    assert parse("[]") == Batch(())


def test_a_batch_of_too_many_is_refused() -> None:
    assert isinstance(parse(orjson.dumps([{}] * MAX_BATCH).decode()), Batch)
    refused = _refused(parse(orjson.dumps([{}] * (MAX_BATCH + 1)).decode()))

    assert _code(refused.reply) == -32600


@pytest.mark.parametrize(
    "text", ["{not json", "", "null", '"text"', "17", "\ud800", '{"id":1} x', "[" * 5000]
)
def test_what_is_no_request_at_all_is_refused_without_an_id(text: str) -> None:
    refused = _refused(parse(text))

    assert refused.id is None
    assert refused.reply.startswith(b'{"id":null,')
    assert _code(refused.reply) == -32700


@pytest.mark.parametrize(
    "written", ["true", "1.5", "null", "[]", "99999999999999999999", orjson.dumps("a" * 101).decode()]
)
def test_an_id_that_cannot_be_repeated_is_refused(written: str) -> None:
    refused = _refused(parse(f'{{"id":{written},"method":"subscription.stop"}}'))

    assert refused.id is None
    assert _code(refused.reply) == -32700


@pytest.mark.parametrize(
    ("rest", "named"),
    [
        ({"method": "unknown"}, "method"),
        ({"method": 7}, "method"),
        ({"params": {}}, "method"),
        ({"method": "query"}, "params"),
        ({"method": "query", "params": []}, "params"),
        ({"method": "query", "params": {"input": {"json": 1}}}, "params.path"),
        ({"method": "query", "params": {"path": "p" * 101}}, "params.path"),
        ({"method": "subscription", "params": {"path": "s", "lastEventId": 17}}, "params.lastEventId"),
    ],
)
def test_a_refusal_carries_the_id_and_names_the_field(rest: dict[str, Json], named: str) -> None:
    refused = _refused(_parsed({"id": 7, **rest}))

    assert refused.id == "7"
    assert refused.reply.startswith(b'{"id":7,')
    assert str(_error(refused.reply)["message"]).startswith(f"{named}: ")


def test_an_unknown_custom_tag_is_a_bad_request_with_its_path() -> None:
    custom: Json = {"json": {"a": 1}, "meta": {"values": {"a": [["custom", "Nope"]]}, "v": 1}}

    refused = _refused(_parsed({"id": 7, "method": "query", "params": {"path": "p", "input": custom}}))

    assert refused.id == "7"
    assert _error(refused.reply)["data"] == {
        "code": "BAD_REQUEST",
        "httpStatus": 400,
        "path": "p",
        "zodError": {
            "formErrors": [],
            "fieldErrors": {"a": ['the SuperJSON tag ["custom","Nope"] is not known here']},
        },
    }


@pytest.mark.parametrize(
    ("start", "request_id"),
    [
        ('{"id":7,', "7"),
        (' { "id" : "a" , ', '"a"'),
        ('{"method":"query","id":7,', None),
        ('{"id":7.5,', None),
    ],
)
def test_a_message_that_is_too_large_is_refused_by_its_id_where_that_comes_first(
    start: str, request_id: str | None
) -> None:
    refused = _refused(parse(f'{start}"x":"{"x" * MAX_MESSAGE_BYTES}"}}'))

    assert refused.id == request_id
    assert _code(refused.reply) == -32013


def test_the_limit_counts_bytes() -> None:
    text = '{"id":1,"method":"subscription.stop","x":"%s"}'
    room = MAX_MESSAGE_BYTES - len(text) + 2

    assert isinstance(parse(text % ("x" * room)), StopSubscription)
    assert isinstance(parse(text % ("ü" * room)), Refused)


def test_a_binary_message_is_refused_as_the_stock_server_does() -> None:
    (recorded,) = (exchange for exchange in RECORDED["exchanges"] if "sent_binary" in exchange)

    assert _code(BINARY.reply) == _code(recorded["received"][0])
    assert _error(BINARY.reply)["data"] == _error(recorded["received"][0])["data"]


requests = st.fixed_dictionaries(
    {},
    optional={
        "id": st.one_of(st.none(), st.integers(), st.text(max_size=3), st.booleans()),
        "method": st.sampled_from(
            ["query", "mutation", "subscription", "subscription.stop", "connectionParams", 1]
        ),
        "params": st.one_of(
            st.none(),
            st.fixed_dictionaries(
                {},
                optional={
                    "path": st.one_of(st.text(max_size=3), st.none()),
                    "input": st.one_of(st.none(), st.just({"json": 1}), st.just({"json": 1, "meta": 1})),
                    "lastEventId": st.one_of(st.none(), st.text(max_size=3), st.integers()),
                },
            ),
        ),
        "data": st.one_of(
            st.none(), st.dictionaries(st.text(max_size=3), st.one_of(st.none(), st.text(), st.integers()))
        ),
    },
)


@given(st.one_of(st.text(), st.one_of(requests, st.lists(requests, max_size=3)).map(json.dumps)))
def test_no_text_raises(text: str) -> None:
    message = parse(text)

    for part in message.requests if isinstance(message, Batch) else (message,):
        if isinstance(part, Refused):
            assert orjson.loads(part.reply)["error"]["json"]["message"]
