"""One example flow on its way through the running system: stored, created, watched, started."""

import asyncio
import urllib.request
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, cast

import orjson
from rich.console import Console
from rich.live import Live

from chaingraph.cli.examples import read_example
from chaingraph.cli.flow_view import FlowView
from chaingraph.cli.local_system import LocalSystem
from chaingraph.cli.local_tokens import Bearer, read_signing_key, sign_token
from chaingraph.cli.trpc import Trpc, connected
from chaingraph.graph.json_types import JsonObject

EXAMPLE: Final = "branch"
USER: Final = "example"
COMPLETED: Final = "flow:completed"


async def show_example(system: LocalSystem, state: Path, console: Console) -> bool:
    """True when the flow completed."""
    document = orjson.loads(read_example(EXAMPLE))
    view = FlowView(document)
    token = sign_token(Bearer(USER), read_signing_key(state), system=system, now=datetime.now(UTC))
    flow_id = await asyncio.to_thread(_store, f"{system.http_url}/v1/flows", token)
    async with connected(system.websocket_url, token) as client:
        created = cast("JsonObject", await client.mutate("create", {"flowId": flow_id}))
        execution_id = str(created["executionId"])
        console.print(f"example  {document['metadata']['name']}, execution {execution_id}\n")
        await _watch(client, execution_id, view, console)
    return view.final == COMPLETED


def _store(url: str, token: str) -> str:
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    request = urllib.request.Request(url, read_example(EXAMPLE), headers)  # noqa: S310 - an address of our own
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return orjson.loads(answer.read())["id"]


async def _watch(client: Trpc, execution_id: str, view: FlowView, console: Console) -> None:
    """In a terminal the nodes change in place; elsewhere every event is a line."""
    if not console.is_terminal:
        async for event in _events(client, execution_id):
            console.print(view.see(event))
        console.print(view)
        return
    with Live(view, console=console, refresh_per_second=20):
        async for event in _events(client, execution_id):
            view.see(event)


async def _events(client: Trpc, execution_id: str) -> AsyncGenerator[JsonObject]:
    """Subscribed first, started then: the stream exists since the execution was created."""
    subscription: JsonObject = {"executionId": execution_id, "snapshot": "values"}
    async for result in client.subscribe("subscribeToExecutionEvents", subscription):
        if result["type"] == "started":
            await client.mutate("start", {"executionId": execution_id})
        else:
            batch = cast("JsonObject", result["data"])["json"]
            for event in cast("list[JsonObject]", batch):
                yield event
