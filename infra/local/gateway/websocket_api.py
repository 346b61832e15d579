"""The WebSocket API: connections admitted by `$connect`, messages given to functions by route key."""

import asyncio
import base64
import logging
import secrets
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final

import orjson
from websockets.frames import CloseCode
from websockets.http11 import Response

from infra.local.gateway.connection import BufferFull, Connection, Gone
from infra.local.gateway.disturbance import Disturbance
from infra.local.gateway.handshake import SWITCHING_PROTOCOLS, negotiated
from infra.local.gateway.integration import IntegrationTimedOut, Invokes, integrate
from infra.local.gateway.messages import Request, message_answer, reason_of
from infra.local.gateway.payloads import (
    Payload,
    Peer,
    Stamp,
    binary_message_payload,
    connect_payload,
    disconnect_payload,
    message_payload,
    new_stamp,
)
from infra.local.gateway.responses import Admission, Malformed, admission, route_response
from infra.local.gateway.routing import DEFAULT, Routes, RouteSelection
from infra.local.gateway.settings import GatewaySettings
from infra.local.workers.failures import FunctionFailed

CONNECT: Final = "$connect"
DISCONNECT: Final = "$disconnect"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """What a client is told in place of an answer."""

    message: str
    status: int


INTERNAL: Final = Failure("Internal server error", 502)
TIMED_OUT: Final = Failure("Endpoint request timed out", 504)
FORBIDDEN: Final = Failure("Forbidden", 403)


class WebSocketApi:
    """Messages of one connection run concurrently: no order is promised."""

    def __init__(
        self, settings: GatewaySettings, functions: Invokes, routes: Routes, disturbance: Disturbance
    ) -> None:
        self._settings = settings
        self._functions = functions
        self._routes = routes.websocket
        self._answered = routes.answered
        self._selection = RouteSelection(settings.route_selection_expression, routes.websocket)
        self._disturbance = disturbance
        self._connections: dict[str, Connection] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_stopping = False

    @property
    def count(self) -> int:
        """Connections that were admitted and are open."""
        return len(self._connections)

    def find(self, connection_id: str) -> Connection | None:
        return self._connections.get(connection_id)

    def open(self, request: Request, transport: asyncio.Transport) -> Connection:
        connection = Connection(new_peer(request, self._settings), transport, self._settings, self)
        response = negotiated(request)
        if response.status_code == SWITCHING_PROTOCOLS:
            self._spawn(self._admit(connection, request, response))
        else:
            connection.refuse(message_answer(response.status_code, reason_of(response.status_code)))
        return connection

    def received_text(self, connection: Connection, body: str) -> None:
        route_key = self._selection.select(body)
        stamp = new_stamp()
        payload = message_payload(connection.peer, stamp, route_key or DEFAULT, body)
        self._spawn(self._answer(connection, route_key, payload, stamp))

    def received_binary(self, connection: Connection, body: bytes) -> None:
        route_key = DEFAULT if DEFAULT in self._routes else None
        stamp = new_stamp()
        payload = binary_message_payload(connection.peer, stamp, DEFAULT, body)
        self._spawn(self._answer(connection, route_key, payload, stamp))

    def closed(self, connection: Connection, code: int, reason: str) -> None:
        self._connections.pop(connection.peer.connection_id, None)
        self._spawn(self._disconnect(connection, code, reason))

    async def stop(self) -> None:
        """Close every connection, tell the functions, and give what is under way a moment to end."""
        self._is_stopping = True
        ends = [connection.ended for connection in self._connections.values()]
        for connection in list(self._connections.values()):
            connection.close(CloseCode.GOING_AWAY, "Going away")
        if ends:
            await asyncio.wait(ends)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._settings.closing_seconds)
        for task in self._tasks:
            task.cancel()

    async def _admit(self, connection: Connection, request: Request, response: Response) -> None:
        admitted = await self._ask(connection, request)
        if connection.is_lost:
            if admitted.is_granted:
                await self._disconnect(connection, CloseCode.ABNORMAL_CLOSURE, "Connection closed abnormally")
        elif self._is_stopping:
            connection.refuse(message_answer(503, reason_of(503)))
        elif admitted.is_granted:
            self._connections[connection.peer.connection_id] = connection
            connection.accept(response, admitted.subprotocol)
        else:
            connection.refuse(message_answer(admitted.status, reason_of(admitted.status)))

    async def _ask(self, connection: Connection, request: Request) -> Admission:
        if CONNECT not in self._routes:
            return Admission(200, None)
        try:
            return admission(
                await self._call(CONNECT, connect_payload(connection.peer, new_stamp(), request))
            )
        except (FunctionFailed, IntegrationTimedOut, Malformed) as error:
            return Admission(failure_for(CONNECT, error).status, None)

    async def _answer(
        self, connection: Connection, route_key: str | None, payload: Payload, stamp: Stamp
    ) -> None:
        message = await self._response(connection, route_key, payload, stamp)
        if message is None:
            return
        await self._disturbance.before_route_response(connection.peer.connection_id)
        try:
            connection.send(message)
        except Gone:
            log.debug("nobody is left to answer")
        except BufferFull:
            connection.close(CloseCode.POLICY_VIOLATION, "client side buffer is full")

    async def _response(
        self, connection: Connection, route_key: str | None, payload: Payload, stamp: Stamp
    ) -> bytes | None:
        if route_key is None:
            return told(FORBIDDEN, connection, stamp)
        try:
            message = route_response(await self._call(route_key, payload))
            if route_key not in self._answered:
                return None
            if message is not None and len(message) > self._settings.max_message_bytes:
                raise Malformed("body is too large")
        except (FunctionFailed, IntegrationTimedOut, Malformed) as error:
            return told(failure_for(route_key, error), connection, stamp)
        return message

    async def _disconnect(self, connection: Connection, code: int, reason: str) -> None:
        if DISCONNECT not in self._routes:
            return
        payload = disconnect_payload(connection.peer, new_stamp(), code, reason)
        try:
            await self._call(DISCONNECT, payload)
        except (FunctionFailed, IntegrationTimedOut) as error:
            failure_for(DISCONNECT, error)

    async def _call(self, route_key: str, payload: Payload) -> object:
        seconds = self._settings.integration_timeout_seconds
        return await integrate(self._functions, self._routes[route_key], payload, seconds)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def new_peer(request: Request, settings: GatewaySettings) -> Peer:
    return Peer(
        connection_id=base64.urlsafe_b64encode(secrets.token_bytes(11)).decode(),
        connected_at_ms=int(time.time() * 1000),
        domain_name=request.host,
        stage=settings.stage,
        source_ip=request.source_ip,
        user_agent=request.user_agent,
    )


def failure_for(route_key: str, error: FunctionFailed | IntegrationTimedOut | Malformed) -> Failure:
    log.warning("a message was not answered", extra={"route": route_key, "error": str(error)})
    return TIMED_OUT if isinstance(error, IntegrationTimedOut) else INTERNAL


def told(failure: Failure, connection: Connection, stamp: Stamp) -> bytes:
    return orjson.dumps(
        {
            "message": failure.message,
            "connectionId": connection.peer.connection_id,
            "requestId": stamp.request_id,
        }
    )
