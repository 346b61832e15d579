"""What API Gateway sends to a function, field by field."""

import base64
import secrets
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from infra.local.gateway.messages import Request
from infra.local.gateway.routing import Match

ACCOUNT_ID: Final = "000000000000"
API_ID: Final = "local"
TEXT_TYPES: Final = ("text/", "application/json", "application/xml", "application/javascript")

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stamp:
    """When and under which ids something happened."""

    at_ms: int
    request_id: str
    message_id: str

    @property
    def time(self) -> str:
        return time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(self.at_ms / 1000))


def new_stamp() -> Stamp:
    return Stamp(int(time.time() * 1000), str(uuid.uuid4()), secrets.token_urlsafe(11) + "=")


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end of a WebSocket, as requests of the connection tell it."""

    connection_id: str
    connected_at_ms: int
    domain_name: str
    stage: str
    source_ip: str
    user_agent: str


def connect_payload(peer: Peer, stamp: Stamp, request: Request) -> Payload:
    payload: Payload = {
        "headers": dict(request.headers),
        "multiValueHeaders": grouped(request.headers),
        "requestContext": connection_fields(peer, stamp, "$connect", "CONNECT"),
        "isBase64Encoded": False,
    }
    if query := parse_qsl(request.query, keep_blank_values=True):
        payload["queryStringParameters"] = dict(query)
        payload["multiValueQueryStringParameters"] = grouped(query)
    return payload


def message_payload(peer: Peer, stamp: Stamp, route_key: str, body: str) -> Payload:
    fields = connection_fields(peer, stamp, route_key, "MESSAGE")
    fields["messageId"] = stamp.message_id
    return {"requestContext": fields, "body": body, "isBase64Encoded": False}


def binary_message_payload(peer: Peer, stamp: Stamp, route_key: str, body: bytes) -> Payload:
    encoded = base64.b64encode(body).decode()
    return message_payload(peer, stamp, route_key, encoded) | {"isBase64Encoded": True}


def disconnect_payload(peer: Peer, stamp: Stamp, code: int, reason: str) -> Payload:
    fields = connection_fields(peer, stamp, "$disconnect", "DISCONNECT")
    headers = {"Host": peer.domain_name, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
    return {
        "headers": headers,
        "multiValueHeaders": grouped(headers.items()),
        "requestContext": fields | {"disconnectStatusCode": code, "disconnectReason": reason},
        "isBase64Encoded": False,
    }


def connection_fields(peer: Peer, stamp: Stamp, route_key: str, event_type: str) -> Payload:
    return {
        "routeKey": route_key,
        "eventType": event_type,
        "extendedRequestId": stamp.message_id,
        "requestTime": stamp.time,
        "messageDirection": "IN",
        "stage": peer.stage,
        "connectedAt": peer.connected_at_ms,
        "requestTimeEpoch": stamp.at_ms,
        "identity": {"userAgent": peer.user_agent, "sourceIp": peer.source_ip},
        "requestId": stamp.request_id,
        "domainName": peer.domain_name,
        "connectionId": peer.connection_id,
        "apiId": API_ID,
    }


def http_payload(request: Request, match: Match, stamp: Stamp) -> Payload:
    """Payload format 2.0: what a request does not have is left out."""
    payload: Payload = {
        "version": "2.0",
        "routeKey": match.route.key,
        "rawPath": unquote(request.path),
        "rawQueryString": request.query,
        "headers": forwarded_headers(request),
        "requestContext": http_fields(request, match, stamp),
        "isBase64Encoded": False,
    }
    if cookies := [
        cookie for name, value in request.headers if name.lower() == "cookie" for cookie in value.split("; ")
    ]:
        payload["cookies"] = cookies
    if query := parse_qsl(request.query, keep_blank_values=True):
        payload["queryStringParameters"] = joined(query)
    if match.parameters:
        payload["pathParameters"] = dict(match.parameters)
    return payload | body_fields(request) if request.body else payload


def http_fields(request: Request, match: Match, stamp: Stamp) -> Payload:
    domain_name = request.host.partition(":")[0]
    return {
        "accountId": ACCOUNT_ID,
        "apiId": API_ID,
        "domainName": domain_name,
        "domainPrefix": domain_name.partition(".")[0],
        "http": {
            "method": request.method,
            "path": unquote(request.path),
            "protocol": "HTTP/1.1",
            "sourceIp": request.source_ip,
            "userAgent": request.user_agent,
        },
        "requestId": stamp.request_id,
        "routeKey": match.route.key,
        "stage": "$default",
        "time": stamp.time,
        "timeEpoch": stamp.at_ms,
    }


def forwarded_headers(request: Request) -> dict[str, str]:
    """Lower-case names, repeated values joined; cookies have a field of their own."""
    headers = joined((name.lower(), value) for name, value in request.headers if name.lower() != "cookie")
    return headers | {
        "x-forwarded-for": request.source_ip,
        "x-forwarded-port": str(request.server_port),
        "x-forwarded-proto": "http",
    }


def body_fields(request: Request) -> Payload:
    """Text as it is; anything that does not say it is text, or is not, travels as base64."""
    if (request.header("content-type") or "").lower().startswith(TEXT_TYPES):
        try:
            return {"body": request.body.decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(request.body).decode(), "isBase64Encoded": True}


def grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in pairs:
        groups[name].append(value)
    return dict(groups)


def joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: ",".join(values) for name, values in grouped(pairs).items()}
