"""The gateway of one port: decides which of its parts a request is for."""

import asyncio
from collections.abc import Callable
from typing import Final

from infra.local.gateway.connections_api import ConnectionsApi, connection_id_in
from infra.local.gateway.disturbance import Calm, Disturbance
from infra.local.gateway.http_api import HttpApi
from infra.local.gateway.http_connection import HttpConnection
from infra.local.gateway.integration import Invokes
from infra.local.gateway.messages import Answer, Request, json_answer, text_answer
from infra.local.gateway.routing import Routes
from infra.local.gateway.settings import GatewaySettings
from infra.local.gateway.websocket_api import WebSocketApi
from infra.local.metrics.exposition import CONTENT_TYPE as METRICS_TYPE
from infra.local.metrics.page import PATH as METRICS_PATH
from infra.local.metrics.page import MetricsPage

CALM: Final = Calm()


class Gateway:
    def __init__(
        self, settings: GatewaySettings, functions: Invokes, routes: Routes, disturbance: Disturbance = CALM
    ) -> None:
        self._settings = settings
        self._sockets = WebSocketApi(settings, functions, routes, disturbance)
        self._connections_api = ConnectionsApi(settings, self._sockets, disturbance)
        self._http_api = HttpApi(settings, functions, routes.http)
        self._documents = {
            path: json_answer(200, content, (("access-control-allow-origin", "*"),))
            for path, content in settings.documents.items()
        }
        self._metrics = MetricsPage(settings.logs) if settings.logs else None
        self._open: set[HttpConnection] = set()

    @property
    def max_head_bytes(self) -> int:
        return self._settings.max_head_bytes

    @property
    def max_body_bytes(self) -> int:
        return self._settings.max_body_bytes

    async def answer(self, request: Request) -> Answer:
        if (connection_id := connection_id_in(request.path)) is not None:
            return await self._connections_api.answer(connection_id, request)
        if request.method == "GET" and (document := self._documents.get(request.path)) is not None:
            return document
        if self._metrics is not None and (request.method, request.path) == ("GET", METRICS_PATH):
            return text_answer(200, await self._metrics.text(self._sockets.count), METRICS_TYPE)
        return await self._http_api.answer(request)

    def open_websocket(self, request: Request, transport: asyncio.Transport) -> asyncio.Protocol:
        return self._sockets.open(request, transport)

    def opened(self, connection: HttpConnection) -> None:
        self._open.add(connection)

    def ended(self, connection: HttpConnection) -> None:
        self._open.discard(connection)

    async def stop(self) -> None:
        await self._sockets.stop()
        for connection in list(self._open):
            connection.stop()


async def serve(
    settings: GatewaySettings,
    functions: Invokes,
    routes: Routes,
    ready: Callable[[int], None],
    *,
    disturbance: Disturbance = CALM,
) -> None:
    """Serve until cancelled, then close every socket with 1001. `ready` is told the port."""
    gateway = Gateway(settings, functions, routes, disturbance)
    server = await asyncio.get_running_loop().create_server(
        lambda: HttpConnection(gateway), settings.host, settings.port, backlog=1024
    )
    try:
        ready(server.sockets[0].getsockname()[1])
        await asyncio.get_running_loop().create_future()
    finally:
        server.close()
        await gateway.stop()
