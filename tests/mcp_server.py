"""An MCP server of the official SDK on this machine, over streamable HTTP."""

import asyncio
import socket
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from starlette.types import ASGIApp, Receive, Scope, Send


@dataclass
class ServedMcp:
    """`heard`: the headers of every request."""

    url: str
    heard: list[Mapping[str, str]] = field(default_factory=list[Mapping[str, str]])


def described_server() -> MCPServer:
    server: MCPServer = MCPServer("test")
    _add_tools(server)
    _add_slow_tools(server)

    @server.resource("note://{name}")
    def note(name: str) -> str:
        return f"note of {name}"

    @server.prompt()
    def greet(name: str) -> str:
        return f"Say hello to {name}"

    return server


def _add_tools(server: MCPServer) -> None:
    @server.tool()
    def add(a: int, b: int) -> dict[str, int]:
        return {"sum": a + b}

    @server.tool()
    def breaks() -> str:
        raise ValueError("broken on purpose")


def _add_slow_tools(server: MCPServer) -> None:
    @server.tool()
    async def counts(steps: int, pause: float, ctx: Context[Any, Any]) -> str:
        for step in range(1, steps + 1):
            await asyncio.sleep(pause)
            await ctx.report_progress(step, steps, f"step {step}")
        return "counted"

    @server.tool()
    async def hangs() -> str:
        await asyncio.Event().wait()
        return "never"


@contextmanager
def mcp_server() -> Generator[ServedMcp]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        served = ServedMcp(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp")
        app = _hearing(described_server().streamable_http_app(), served)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield served
        finally:
            server.should_exit = True
            thread.join()


def _hearing(app: ASGIApp, served: ServedMcp) -> ASGIApp:
    async def heard(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            served.heard.append({name.decode(): value.decode() for name, value in scope["headers"]})
        await app(scope, receive, send)

    return heard
