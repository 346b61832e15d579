"""The relay's program, as a process of its own."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import orjson
import pytest

from chaingraph.ids import ConnectionId
from tests.contract.builders import ROOT, claim_running, connect
from tests.contract.stores import Store
from tests.unit.aws.endpoints import Endpoint, endpoint
from tests.unit.relay.trial import subscription

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(60)]


async def test_it_tells_how_it_is_doing_and_hands_over_at_sigterm(store: Store, database_url: str) -> None:
    await claim_running(store)
    await connect(store, "c1=")
    await store.subscriptions.add(replace(subscription(ROOT), connection_id=ConnectionId("c1=")))
    async with endpoint() as connections, program(database_url, connections.port) as relay:
        await posted(connections, 2)
        health = await relay.until_health(lambda known: known["status"] == "active" and known["posts"])
        said, logged = await relay.end()

    assert [orjson.loads(received.body)["result"]["type"] for received in connections.received] == [
        "started",
        "data",
    ]
    assert health["subscriptions"] == 1
    assert health["posts"] == {"posted": 2}
    assert sum(sum(line["Posts"]) for line in said) == 2
    assert [line["message"] for line in logged] == ["leading", "handed over"]
    assert relay.running.returncode == 0


async def test_a_second_one_stands_by_and_takes_over(database_url: str) -> None:
    async with (
        endpoint() as connections,
        program(database_url, connections.port) as one,
        program(database_url, connections.port) as other,
    ):
        assert await other.until_health(bool) == {"status": "standby"}
        await one.end()
        await other.until_health(lambda known: known["status"] == "active")


@dataclass(frozen=True, slots=True)
class Program:
    running: asyncio.subprocess.Process
    url: str

    async def until_health(self, is_so: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        async with aiohttp.ClientSession() as session:
            while True:
                async with session.get(self.url) as answer:
                    known = await answer.json()
                if is_so(known):
                    return known

    async def end(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """What it measured and what it logged."""
        self.running.send_signal(signal.SIGTERM)
        said, log = await self.running.communicate()
        return [orjson.loads(line) for line in said.splitlines()], [
            orjson.loads(line) for line in log.splitlines()
        ]


@asynccontextmanager
async def program(database_url: str, port: int) -> AsyncGenerator[Program]:
    """It is ready; killed at the end, if it still runs."""
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "functions.relay.main",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={
            **os.environ,
            "DATABASE_URL": database_url,
            "CONNECTIONS_ENDPOINT": f"http://127.0.0.1:{port}/local",
            "RELAY_HEALTH_PORT": "0",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
        },
    )
    try:
        assert running.stdout
        ready = (await running.stdout.readline()).decode().split()
        assert ready[0] == "ready"
        yield Program(running, ready[1])
    finally:
        if running.returncode is None:
            running.kill()
            await running.communicate()


async def posted(connections: Endpoint, count: int) -> None:
    while len(connections.received) < count:  # noqa: ASYNC110 — the program is another process
        await asyncio.sleep(0.01)
