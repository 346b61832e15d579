"""`@connections`: how a back end sends to a client, looks at its connection and closes it."""

import re
import time
from typing import Final
from urllib.parse import unquote

from websockets.frames import CloseCode

from infra.local.gateway.connection import BufferFull, Connection, Gone
from infra.local.gateway.disturbance import Disturbance, PostFate
from infra.local.gateway.messages import Answer, Request, json_answer, message_answer
from infra.local.gateway.settings import GatewaySettings
from infra.local.gateway.websocket_api import WebSocketApi

PATH: Final = re.compile(r"(?:/[^/]+)?/@connections/([^/]+)")
CREDENTIAL: Final = re.compile(
    r"AWS4-HMAC-SHA256 .*?Credential=([^/]+)/[^/]+/[^/]+/execute-api/aws4_request,"
)


class ConnectionsApi:
    """A request must be signed with the local access key; the signature itself is taken on trust."""

    def __init__(self, settings: GatewaySettings, sockets: WebSocketApi, disturbance: Disturbance) -> None:
        self._settings = settings
        self._sockets = sockets
        self._disturbance = disturbance

    async def answer(self, connection_id: str, request: Request) -> Answer:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        connection = self._sockets.find(connection_id)
        if connection is None:
            return error("GoneException", 410, "The connection is gone")
        match request.method:
            case "POST":
                return await self._post(connection, request.body)
            case "GET":
                return json_answer(200, description(connection))
            case "DELETE":
                connection.close(CloseCode.NORMAL_CLOSURE, "")
                return Answer(204)
            case _:
                return error("ForbiddenException", 403, "Missing Authentication Token")

    def _refusal(self, request: Request) -> Answer | None:
        signed = CREDENTIAL.match(request.header("authorization") or "")
        if signed is None:
            return error("MissingAuthenticationTokenException", 403, "Missing Authentication Token")
        if signed[1] != self._settings.access_key:
            return error(
                "UnrecognizedClientException", 403, "The security token included in the request is invalid."
            )
        return None

    async def _post(self, connection: Connection, message: bytes) -> Answer:
        if len(message) > self._settings.max_message_bytes:
            return error("PayloadTooLargeException", 413, "Message too long")
        fate = await self._disturbance.before_post(connection.peer.connection_id)
        if fate is PostFate.LIMIT_EXCEEDED:
            return error("LimitExceededException", 429, "Too many requests")
        try:
            connection.send(message)
        except Gone:
            return error("GoneException", 410, "The connection is gone")
        except BufferFull:
            return error("LimitExceededException", 429, "The client side buffer is full")
        return Answer(200)


def connection_id_in(path: str) -> str | None:
    """SDKs percent-encode the sign and the id."""
    if "connections/" not in path:
        return None
    found = PATH.fullmatch(unquote(path))
    return found[1] if found else None


def error(kind: str, status: int, message: str) -> Answer:
    return message_answer(status, message, (("x-amzn-errortype", kind),))


def description(connection: Connection) -> dict[str, object]:
    peer = connection.peer
    return {
        "connectedAt": instant(peer.connected_at_ms / 1000),
        "identity": {"sourceIp": peer.source_ip, "userAgent": peer.user_agent},
        "lastActiveAt": instant(connection.last_active_at),
    }


def instant(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
