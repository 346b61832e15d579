"""Clients of the running system: one WebSocket each; create, subscribe, start, read to the end."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import cast

from chaingraph.cli.trpc import Trpc
from chaingraph.graph.json_types import JsonObject

FINAL = "flow:completed"


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds on this process's clock."""

    created: float
    started: float
    completed: float


async def run_once(client: Trpc, flow_id: str) -> Times:
    """Create, subscribe, start, and read until the flow has completed."""
    created = time.perf_counter()
    execution_id = await new_execution(client, flow_id)
    async with aclosing(results(client, execution_id)) as stream:
        started = 0.0
        async for result in stream:
            if result["type"] == "started":
                started = time.perf_counter()
                await client.mutate("start", {"executionId": execution_id})
            elif events_of(result)[-1]["type"] == FINAL:
                return Times(created, started, time.perf_counter())
    raise RuntimeError(f"{execution_id} did not complete")


async def new_execution(client: Trpc, flow_id: str) -> str:
    created = cast("JsonObject", await client.mutate("create", {"flowId": flow_id}))
    return str(created["executionId"])


def results(client: Trpc, execution_id: str, **settings: object) -> AsyncGenerator[JsonObject]:
    parameters: JsonObject = {"executionId": execution_id, "batchTimeoutMs": 0, **settings}
    return client.subscribe("subscribeToExecutionEvents", parameters)


def events_of(result: JsonObject) -> list[JsonObject]:
    return cast("list[JsonObject]", cast("JsonObject", result["data"])["json"])
