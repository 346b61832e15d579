"""Sizes and times at which the gateway ends a connection, and how it ends one."""

import asyncio
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.local.gateways import ScriptedFunctions, echo, returning, running_gateway

pytestmark = pytest.mark.anyio


async def close_code(client: ClientConnection) -> int:
    """Of the close frame that the gateway sent."""
    try:
        while True:
            await client.recv()
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006


async def test_a_message_of_many_frames_is_joined() -> None:
    functions = ScriptedFunctions({"$default": echo})
    async with running_gateway(functions) as port, connect(f"ws://127.0.0.1:{port}/") as client:
        parts = [character * 30_000 for character in "abcd"]
        await client.send(parts)

        assert await client.recv() == "".join(parts)


async def test_a_long_answer_comes_in_frames_of_the_allowed_size() -> None:
    functions = ScriptedFunctions({"$default": returning({"body": "x" * 131_072})})
    async with running_gateway(functions) as port, connect(f"ws://127.0.0.1:{port}/") as client:
        await client.send("?")

        assert [len(part) async for part in client.recv_streaming()] == [32_768] * 4


async def test_a_message_over_the_limit_closes_the_connection_with_1009() -> None:
    functions = ScriptedFunctions()
    async with running_gateway(functions) as port, connect(f"ws://127.0.0.1:{port}/") as client:
        await client.send(["x" * 30_000] * 4 + ["x" * 11_073])

        assert await close_code(client) == 1009
        assert (await functions.payload("$disconnect"))["requestContext"]["disconnectStatusCode"] == 1009


async def test_a_frame_over_the_limit_closes_the_connection_with_1009() -> None:
    async with running_gateway(ScriptedFunctions()) as port, connect(f"ws://127.0.0.1:{port}/") as client:
        await client.send("x" * 32_769)

        assert await close_code(client) == 1009


async def test_a_huge_message_is_told_its_close_code() -> None:
    async with running_gateway(ScriptedFunctions()) as port:
        client = await connect(f"ws://127.0.0.1:{port}/")
        await client.send("x" * 20_000_000)

        assert await close_code(client) == 1009


async def test_text_that_is_not_unicode_closes_the_connection_with_1007() -> None:
    async with running_gateway(ScriptedFunctions()) as port, connect(f"ws://127.0.0.1:{port}/") as client:
        await client.send(b"\xff", text=True)

        assert await close_code(client) == 1007


@pytest.mark.parametrize("limits", [{"idle_seconds": 0.05}, {"life_seconds": 0.05}])
async def test_an_idle_or_old_connection_is_closed_with_1001(limits: Any) -> None:
    functions = ScriptedFunctions()
    async with (
        running_gateway(functions, **limits) as port,
        connect(f"ws://127.0.0.1:{port}/") as client,
    ):
        assert await close_code(client) == 1001
        assert (await functions.payload("$disconnect"))["requestContext"]["disconnectStatusCode"] == 1001


async def test_stopping_closes_every_connection_with_1001_and_tells_the_function() -> None:
    functions = ScriptedFunctions()
    async with running_gateway(functions) as port:
        clients = [await connect(f"ws://127.0.0.1:{port}/") for _ in range(3)]

    assert [await close_code(client) for client in clients] == [1001] * 3
    assert [sent["requestContext"]["routeKey"] for _, sent in functions.invocations[3:]] == [
        "$disconnect"
    ] * 3


async def test_stopping_waits_for_the_functions_that_are_told() -> None:
    told: list[str] = []

    async def slow(payload: Any) -> object:
        await asyncio.to_thread(int)
        told.append(payload["requestContext"]["connectionId"])
        return {"statusCode": 200}

    async with running_gateway(ScriptedFunctions({"$disconnect": slow})) as port:
        clients = [await connect(f"ws://127.0.0.1:{port}/") for _ in range(3)]

    assert [await close_code(client) for client in clients] == [1001] * 3
    assert len(set(told)) == 3
