"""What a function's answer means to an HTTP client and to a WebSocket client."""

import base64
import binascii
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast

import orjson

from infra.local.gateway.messages import Answer, Headers, json_answer

# The gateway frames its own answers.
OF_THE_GATEWAY: Final = frozenset(
    {"connection", "content-length", "transfer-encoding", "keep-alive", "upgrade"}
)
MIN_STATUS: Final = 100
MAX_STATUS: Final = 599


class Malformed(Exception):
    """The function's answer is not one that API Gateway takes."""


def http_answer(result: object) -> Answer:
    """Payload format 2.0; without a status code the whole result is the JSON body."""
    if not isinstance(result, dict) or "statusCode" not in result:
        return inferred(result)
    response = cast("dict[str, Any]", result)
    body = body_bytes(response)
    headers = headers_of(response)
    if body and not any(name == "content-type" for name, _ in headers):
        headers = (("content-type", "text/plain;charset=UTF-8"), *headers)
    return Answer(status_of(response), headers, body)


def inferred(result: object) -> Answer:
    if isinstance(result, str):
        return Answer(200, (("content-type", "application/json"),), result.encode())
    return json_answer(200, result)


def status_of(response: dict[str, Any]) -> int:
    try:
        status = int(response["statusCode"])
    except (TypeError, ValueError) as error:
        raise Malformed("statusCode") from error
    if not MIN_STATUS <= status <= MAX_STATUS:
        raise Malformed("statusCode")
    return status


def headers_of(response: dict[str, Any]) -> Headers:
    stated = response.get("headers") or {}
    cookies = response.get("cookies") or []
    if not isinstance(stated, dict) or not isinstance(cookies, list):
        raise Malformed("headers")
    headers = [(str(name).lower(), header_value(value)) for name, value in stated.items()]
    headers += [("set-cookie", header_value(cookie)) for cookie in cookies]
    return tuple((name, value) for name, value in headers if name not in OF_THE_GATEWAY)


def header_value(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if "\r" in text or "\n" in text:
        raise Malformed("headers")
    return text


def body_bytes(response: dict[str, Any]) -> bytes:
    body = response.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        return orjson.dumps(body)
    if not response.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise Malformed("body") from error


@dataclass(frozen=True, slots=True)
class Admission:
    """What `$connect` decided about a new connection."""

    status: int
    subprotocol: str | None

    @property
    def is_granted(self) -> bool:
        return self.status in range(HTTPStatus.OK, HTTPStatus.MULTIPLE_CHOICES)


def admission(result: object) -> Admission:
    if not isinstance(result, dict):
        raise Malformed("statusCode")
    response = cast("dict[str, Any]", result)
    subprotocol = dict(headers_of(response)).get("sec-websocket-protocol")
    return Admission(status_of(response) if "statusCode" in response else 502, subprotocol)


def route_response(result: object) -> bytes | None:
    """The message for the client; a function that returns no body says nothing."""
    if result is None:
        return None
    if not isinstance(result, dict):
        raise Malformed("body")
    return body_bytes(cast("dict[str, Any]", result)) or None
