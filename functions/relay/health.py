"""How the relay is doing, for the container's health check: a relay that does not answer is replaced."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Final

import orjson
from aiohttp import web

from chaingraph.relay.leading import Leadership

HOST: Final = "127.0.0.1"


@asynccontextmanager
async def health_endpoint(port: int, leadership: Leadership) -> AsyncGenerator[int]:
    """`GET /health`; the port on which it listens."""

    async def answer(_: web.Request) -> web.Response:
        return web.json_response(body=orjson.dumps(health(leadership)))

    app = web.Application()
    app.router.add_get("/health", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, port)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def health(leadership: Leadership) -> dict[str, object]:
    if leadership.relay is None:
        return {"status": "standby"}
    return {"status": "active", **asdict(leadership.relay.report())}
