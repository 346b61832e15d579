"""What a client sends over a WebSocket: tRPC 11 messages, told apart.

A message that cannot be read becomes a refusal with its reply ready, so that nothing a client sends raises.
It carries the request's id wherever that can be read, so that a call fails instead of waiting for ever; the
others in its batch are not touched.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

import orjson

from chaingraph.errors import ChaingraphError, Rejected, TooLarge
from chaingraph.ids import RequestId
from chaingraph.wire.replies import PARSE_ERROR, error_reply, failure_reply
from chaingraph.wire.superjson import decode
from chaingraph.wire.values import UNDEFINED, Json, Value

MAX_MESSAGE_BYTES: Final = 128 * 1024
MAX_BATCH: Final = 1000
MAX_ID_LENGTH: Final = 100
MAX_PATH_LENGTH: Final = 100

# The stock client writes the id first, so it can be read without the rest.
_LEADING_ID: Final = re.compile(r'\s*\{\s*"id"\s*:\s*(-?[0-9]{1,15}|"[^"\\\x00-\x1f]{1,98}")\s*,')


class CallKind(StrEnum):
    QUERY = "query"
    MUTATION = "mutation"


@dataclass(frozen=True, slots=True)
class ConnectionParams:
    """The first message of a client that has something to say about itself; it gets no answer."""

    values: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Call:
    id: RequestId
    kind: CallKind
    path: str
    input: Value


@dataclass(frozen=True, slots=True)
class Subscribe:
    """`last_event_id` is what the client last received, when it subscribes again."""

    id: RequestId
    path: str
    input: Value
    last_event_id: str | None


@dataclass(frozen=True, slots=True)
class StopSubscription:
    id: RequestId


@dataclass(frozen=True, slots=True)
class Ping:
    """To be answered with `PONG`."""


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to a ping of ours; nothing is to be done."""


@dataclass(frozen=True, slots=True)
class Refused:
    id: RequestId | None
    reply: bytes


Request: TypeAlias = Call | Subscribe | StopSubscription | ConnectionParams | Refused


@dataclass(frozen=True, slots=True)
class Batch:
    """Requests that the client sent in one message; each is answered by a message of its own."""

    requests: tuple[Request, ...]


Message: TypeAlias = Request | Batch | Ping | Pong

BINARY: Final = Refused(None, failure_reply(None, PARSE_ERROR, "messages are JSON text, not binary"))


def parse(text: str) -> Message:
    """Reads one WebSocket text message; never raises."""
    match text:
        case "PING":
            return Ping()
        case "PONG":
            return Pong()
        case _:
            return _parse_json(text)


def _parse_json(text: str) -> Message:
    try:
        encoded = text.encode()
        if len(encoded) > MAX_MESSAGE_BYTES:
            return _too_large(text)
        json: Json = orjson.loads(encoded)
    except ValueError as error:
        return Refused(None, failure_reply(None, PARSE_ERROR, f"not JSON: {error}"))
    if isinstance(json, list):
        return _batch(json)
    return _request(json)


def _too_large(text: str) -> Refused:
    found = _LEADING_ID.match(text)
    request_id = RequestId(found[1]) if found else None
    return Refused(
        request_id, error_reply(request_id, TooLarge(f"a message has at most {MAX_MESSAGE_BYTES} bytes"))
    )


def _batch(parts: list[Json]) -> Batch | Refused:
    if len(parts) > MAX_BATCH:
        return Refused(None, error_reply(None, Rejected(f"a batch has at most {MAX_BATCH} requests")))
    return Batch(tuple(_request(part) for part in parts))


class _UnreadableError(Exception):
    """Its text is the reason."""


def _request(json: Json) -> Request:
    if not isinstance(json, dict):
        return _unreadable(None, "a message is an object")
    if json.get("method") == "connectionParams":
        return _connection_params(json.get("data"))
    try:
        request_id = _request_id(json.get("id"))
    except _UnreadableError as error:
        return _unreadable(None, str(error))
    try:
        return _identified(request_id, json)
    except _UnreadableError as error:
        return _unreadable(request_id, str(error))


def _unreadable(request_id: RequestId | None, reason: str) -> Refused:
    return Refused(request_id, failure_reply(request_id, PARSE_ERROR, reason))


def _connection_params(values: Json) -> ConnectionParams | Refused:
    if values is None:
        return ConnectionParams({})
    if not isinstance(values, dict):
        return _unreadable(None, "connectionParams: data is an object of texts")
    texts = {name: value for name, value in values.items() if value is None or isinstance(value, str)}
    if len(texts) < len(values):
        return _unreadable(None, "connectionParams: every value is a text or null")
    return ConnectionParams(texts)


def _request_id(json: Json) -> RequestId:
    """The id in the form in which it is repeated in every answer."""
    match json:
        case bool():
            raise _UnreadableError("id: a number or a text is expected")
        case int():
            return RequestId(str(json))
        case str() if len(json) <= MAX_ID_LENGTH:
            return RequestId(orjson.dumps(json).decode())
        case str():
            raise _UnreadableError(f"id: at most {MAX_ID_LENGTH} characters are allowed")
        case None:
            raise _UnreadableError("id: is required")
        case _:
            raise _UnreadableError("id: a whole number or a text is expected")


def _identified(request_id: RequestId, json: dict[str, Json]) -> Request:
    match json.get("method"):
        case "subscription.stop":
            return StopSubscription(request_id)
        case "query" | "mutation" | "subscription" as method:
            return _procedure(request_id, method, json.get("params"))
        case _:
            raise _UnreadableError("method: query, mutation, subscription or subscription.stop is expected")


def _procedure(request_id: RequestId, method: str, params: Json) -> Request:
    if not isinstance(params, dict):
        raise _UnreadableError("params: an object is expected")
    path = params.get("path")
    if not isinstance(path, str) or len(path) > MAX_PATH_LENGTH:
        raise _UnreadableError(f"params.path: a text of at most {MAX_PATH_LENGTH} characters is expected")
    try:
        value = decode(params["input"]) if "input" in params else UNDEFINED
    except ChaingraphError as error:
        return Refused(request_id, error_reply(request_id, error, path))
    if method == "subscription":
        return Subscribe(request_id, path, value, _last_event_id(params.get("lastEventId")))
    return Call(request_id, CallKind(method), path, value)


def _last_event_id(json: Json) -> str | None:
    if json is not None and not isinstance(json, str):
        raise _UnreadableError("params.lastEventId: a text is expected")
    return json
