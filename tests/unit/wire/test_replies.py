"""Replies are, byte for byte, what the stock server sends."""

import json
from pathlib import Path
from typing import TypedDict, cast

import orjson
import pytest

from chaingraph.errors import (
    ChaingraphError,
    Conflict,
    Forbidden,
    NotFound,
    Problem,
    Rejected,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    WrongStatus,
    rejected,
)
from chaingraph.ids import RequestId
from chaingraph.wire import replies
from chaingraph.wire.replies import data_reply, error_reply, http_status, started, stopped
from chaingraph.wire.values import Json


class Exchange(TypedDict):
    sent: str
    received: list[str]


class Recorded(TypedDict):
    exchanges: list[Exchange]
    reconnect: str


RECORDED: Recorded = json.loads((Path(__file__).parent / "recorded_trpc.json").read_text("utf-8"))
SAID = [reply for exchange in RECORDED["exchanges"] for reply in exchange["received"]]


def test_answers_of_a_call_and_a_subscription() -> None:
    ours = [
        data_reply(RequestId("1"), b'{"json":{"executionId":"EX1"}}'),
        started(RequestId("7")),
        stopped(RequestId("7")),
        replies.PONG,
        replies.RECONNECT,
    ]

    assert {reply.decode() for reply in ours} <= {*SAID, RECORDED["reconnect"]}


@pytest.mark.parametrize(
    ("request_id", "error"),
    [
        (100, Unauthorized("as asked")),
        (101, Forbidden("as asked")),
        (102, NotFound("as asked")),
        (104, Conflict("as asked")),
        (106, TooLarge("as asked")),
        (107, TooManyRequests("as asked")),
        (108, Unavailable("as asked")),
        (109, Rejected("as asked")),
        (109, WrongStatus("as asked")),
    ],
)
def test_every_error_has_the_code_of_the_stock_server(request_id: int, error: ChaingraphError) -> None:
    assert error_reply(RequestId(str(request_id)), error, "codes").decode() in SAID


def test_problems_are_listed_by_field_as_zod_flattens_them() -> None:
    error = rejected(
        [
            Problem("flowId", "expected string, received number"),
            Problem("options.execution.maxConcurrency", "too small"),
            Problem("options.debug", "expected boolean"),
            Problem("events[0].eventName", "is required"),
            Problem("", "expected object"),
            Problem(".odd", "what begins with a dot is its own key"),
        ]
    )

    details = cast("dict[str, Json]", _shape(error_reply(RequestId("4"), error, "create"))["data"])
    assert details["zodError"] == {
        "formErrors": ["expected object"],
        "fieldErrors": {
            "flowId": ["expected string, received number"],
            "options": ["too small", "expected boolean"],
            "events": ["is required"],
            ".odd": ["what begins with a dot is its own key"],
        },
    }


def _shape(reply: bytes) -> dict[str, Json]:
    message: dict[str, dict[str, dict[str, Json]]] = orjson.loads(reply)
    return message["error"]["json"]


def test_an_unexpected_error_shows_nothing_of_itself() -> None:
    shape = _shape(error_reply(RequestId("16"), ValueError("secret detail"), "crash"))

    assert shape["code"] == -32603
    assert "secret" not in str(shape)


def test_a_reply_without_path_leaves_it_out() -> None:
    assert _shape(error_reply(None, NotFound("x")))["data"] == {
        "code": "NOT_FOUND",
        "httpStatus": 404,
        "zodError": None,
    }


def test_a_reply_fits_into_a_message_whatever_it_complains_of() -> None:
    error = rejected(Problem("p" * 100_000, "m" * 100_000) for _ in range(2000))

    assert len(error_reply(RequestId("1"), error, "create")) < 128 * 1024


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Rejected("x"), 400),
        (Unauthorized("x"), 401),
        (Forbidden("x"), 403),
        (NotFound("x"), 404),
        (Conflict("x"), 409),
        (WrongStatus("x"), 409),
        (TooLarge("x"), 413),
        (TooManyRequests("x"), 429),
        (Unavailable("x"), 503),
        (RuntimeError("x"), 500),
    ],
)
def test_over_http_every_error_has_a_status(error: Exception, status: int) -> None:
    assert http_status(error) == status
