"""API Gateway's twin: a WebSocket API, an HTTP API and `@connections` on one port.

Routes, payloads, limits, error bodies and close codes are those of API Gateway. What it promises is as
little: the messages of one connection are handled concurrently and answered in any order, a route response
may be lost with its connection, `$disconnect` is tried once. Nothing is kept on disk; after a restart every
connection id is gone.

    http_connection ─ HTTP/1.1 ─▶ server ─▶ http_api, connections_api, documents
                    ─ upgrade ──▶ websocket_api ─▶ connection (frames, limits, timers)
"""

from infra.local.gateway.disturbance import Calm, Disturbance, PostFate, Stormy, Weather
from infra.local.gateway.routing import Routes
from infra.local.gateway.server import Gateway, serve
from infra.local.gateway.settings import GatewaySettings

__all__ = [
    "Calm",
    "Disturbance",
    "Gateway",
    "GatewaySettings",
    "PostFate",
    "Routes",
    "Stormy",
    "Weather",
    "serve",
]
