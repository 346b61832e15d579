"""A gateway on a free port, in front of functions that a test scripts."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import orjson

from functions.route_table import HttpRoute
from infra.local.gateway import Calm, Disturbance, GatewaySettings, Routes, serve
from infra.local.workers import FunctionFailed

CONTROL = "control"
SUBSCRIPTION = "subscription"

ROUTES = Routes(
    websocket={
        "$connect": SUBSCRIPTION,
        "$disconnect": SUBSCRIPTION,
        "$default": CONTROL,
        "mutation": CONTROL,
        "subscription.stop": SUBSCRIPTION,
    },
    answered=frozenset({"$default", "mutation"}),
    http=(
        HttpRoute("GET", "/health", CONTROL),
        HttpRoute("POST", "/v1/flows", CONTROL),
        HttpRoute("GET", "/v1/flows/{flowId}", CONTROL),
        HttpRoute("GET", "/v1/flows/{flowId}/executions", CONTROL),
    ),
)

Script = Callable[[Any], Awaitable[object]]


async def ok(_: Any) -> object:
    return {"statusCode": 200}


async def echo(payload: Any) -> object:
    return {"statusCode": 200, "body": payload["body"]}


async def tell_payload(payload: Any) -> object:
    return {"statusCode": 200, "body": orjson.dumps(payload).decode()}


async def fail(_: Any) -> object:
    raise FunctionFailed("OutOfPaper", "tray 2")


async def never(_: Any) -> object:
    await asyncio.Event().wait()


def returning(result: object) -> Script:
    async def script(_: Any) -> object:
        return result

    return script


class ScriptedFunctions:
    """Runs a script per WebSocket route key or HTTP route key, and keeps what it was sent."""

    def __init__(self, scripts: Mapping[str, Script] | None = None) -> None:
        self.scripts: dict[str, Script] = dict(scripts or {})
        self.invocations: list[tuple[str, Any]] = []
        self._news = asyncio.Event()

    async def invoke(self, name: str, payload: object) -> object:
        received = orjson.loads(orjson.dumps(payload))
        self.invocations.append((name, received))
        self._news.set()
        key = received["requestContext"]["routeKey"]
        return await self.scripts.get(key, tell_payload if "version" in received else ok)(received)

    async def payload(self, route_key: str, number: int = 0) -> Any:
        """What that route was sent, as soon as it is."""
        while len(found := self._sent_to(route_key)) <= number:
            self._news.clear()
            await self._news.wait()
        return found[number]

    def _sent_to(self, route_key: str) -> list[Any]:
        return [sent for _, sent in self.invocations if sent["requestContext"]["routeKey"] == route_key]


@asynccontextmanager
async def running_gateway(
    functions: ScriptedFunctions, *, disturbance: Disturbance | None = None, **settings: Any
) -> AsyncGenerator[int]:
    """Yields its port; left, it has stopped."""
    ready = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        serve(
            GatewaySettings(port=0, **settings),
            functions,
            ROUTES,
            ready.set_result,
            disturbance=disturbance or Calm(),
        )
    )
    try:
        yield await ready
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
