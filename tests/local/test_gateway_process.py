"""The gateway as a process of its own, with functions in worker processes."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from infra.local.gateway import GatewaySettings, Weather
from infra.local.gateway.launch import GatewayLaunch, environment_for, launch_from
from infra.local.workers import FunctionSettings, IdleWorkers

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(60)]


@asynccontextmanager
async def gateway_process(
    handler: str = "tests.local.sample_apis:answer", **settings: Any
) -> AsyncGenerator[tuple[asyncio.subprocess.Process, int]]:
    launch = GatewayLaunch(
        gateway=GatewaySettings(port=0),
        functions=tuple(
            FunctionSettings(name=name, handler=handler, **settings) for name in ("control", "subscription")
        ),
    )
    gateway = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "infra.local.gateway",
        env=os.environ | environment_for(launch),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert gateway.stdout is not None
        word, port = (await gateway.stdout.readline()).split()
        assert word == b"ready"
        yield gateway, int(port)
    finally:
        if gateway.returncode is None:
            gateway.kill()
        await gateway.communicate()


async def test_messages_and_requests_reach_the_functions_of_the_route_table() -> None:
    async with (
        gateway_process() as (_, port),
        connect(f"ws://127.0.0.1:{port}/?connectionParams=1") as client,
        aiohttp.ClientSession() as session,
    ):
        await client.send('{"id":1,"method":"query"}')
        message = orjson.loads(await client.recv())
        async with session.get(f"http://127.0.0.1:{port}/v1/executions/e1/tree") as answer:
            request = await answer.json(content_type=None)

    assert message["requestContext"]["routeKey"] == "query"
    assert request["routeKey"] == "GET /v1/executions/{executionId}/tree"


async def test_frozen_workers_serve_as_before() -> None:
    async with (
        gateway_process(idle_workers=IdleWorkers.FROZEN) as (_, port),
        connect(f"ws://127.0.0.1:{port}/") as client,
    ):
        for number in range(5):
            message = f'{{"id":{number},"method":"query"}}'
            await client.send(message)

            assert orjson.loads(await client.recv())["body"] == message


async def test_a_timed_out_function_is_an_internal_error() -> None:
    async with (
        gateway_process("tests.local.sample_apis:block", timeout_seconds=0.05) as (_, port),
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/health") as answer,
    ):
        assert answer.status == 500


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_with_every_socket_closed(number: signal.Signals) -> None:
    async with gateway_process() as (gateway, port), connect(f"ws://127.0.0.1:{port}/") as client:
        gateway.send_signal(number)
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()

        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
        assert await gateway.wait() == 0


def test_what_a_parent_sets_is_what_the_process_reads() -> None:
    launch = GatewayLaunch(
        gateway=GatewaySettings(port=0, cors_origins=("http://one",), documents={"/keys": {"keys": []}}),
        functions=(FunctionSettings(name="a", handler="b:c", environment={"KEY": "value"}),),
        weather=Weather(limit_exceeded_share=0.5),
    )

    assert launch_from(environment_for(launch)) == launch
