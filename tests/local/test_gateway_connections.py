"""`@connections` of the gateway, through the SDK that the product uses on AWS."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import quote

import aiohttp
import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from infra.local.gateway import PostFate, Stormy, Weather
from tests.local.gateways import ScriptedFunctions, returning, running_gateway

pytestmark = pytest.mark.anyio


class BackEnd:
    """The SDK in a thread, with few words."""

    def __init__(self, port: int, *, path: str = "/local", access_key: str = "local") -> None:
        self._client: Any = cast("Any", boto3).client(
            "apigatewaymanagementapi",
            endpoint_url=f"http://127.0.0.1:{port}{path}",
            region_name="us-east-1",
            aws_access_key_id=access_key,
            aws_secret_access_key="local",
            config=Config(retries={"total_max_attempts": 1}),
        )

    async def post(self, connection_id: str, message: bytes) -> None:
        await asyncio.to_thread(self._client.post_to_connection, ConnectionId=connection_id, Data=message)

    async def get(self, connection_id: str) -> Any:
        return await asyncio.to_thread(self._client.get_connection, ConnectionId=connection_id)

    async def delete(self, connection_id: str) -> None:
        await asyncio.to_thread(self._client.delete_connection, ConnectionId=connection_id)

    async def refusal_of_post(self, connection_id: str, message: bytes = b"x") -> tuple[str, int]:
        with pytest.raises(ClientError) as refused:
            await self.post(connection_id, message)
        return code_and_status(refused.value)


def code_and_status(refused: ClientError) -> tuple[str, int]:
    response = cast("Any", refused).response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


@asynccontextmanager
async def connected(**settings: Any) -> AsyncGenerator[tuple[int, ClientConnection, str]]:
    """Port of a gateway, a client and the id of its connection."""
    functions = ScriptedFunctions()
    async with running_gateway(functions, **settings) as port, connect(f"ws://127.0.0.1:{port}/") as client:
        payload = await functions.payload("$connect")
        yield port, client, payload["requestContext"]["connectionId"]


@pytest.mark.parametrize("path", ["", "/local", "/prod"])
async def test_a_post_reaches_the_client(path: str) -> None:
    async with connected() as (port, client, connection_id):
        await BackEnd(port, path=path).post(connection_id, "hellø".encode())

        assert await client.recv() == "hellø"


async def test_a_long_post_comes_in_frames_of_the_allowed_size() -> None:
    async with connected() as (port, client, connection_id):
        await BackEnd(port).post(connection_id, b"x" * 131_072)

        assert [len(part) async for part in client.recv_streaming()] == [32_768] * 4


async def test_a_post_over_the_limit_is_refused() -> None:
    async with connected() as (port, client, connection_id):
        refusal = await BackEnd(port).refusal_of_post(connection_id, b"x" * 131_073)
        await BackEnd(port).post(connection_id, b"next")

        assert refusal == ("PayloadTooLargeException", 413)
        assert await client.recv() == "next"


async def test_a_post_to_a_closed_connection_is_gone() -> None:
    async with connected() as (port, client, connection_id):
        await client.close()

        assert await BackEnd(port).refusal_of_post(connection_id) == ("GoneException", 410)


async def test_a_post_to_an_unknown_connection_is_gone() -> None:
    async with connected() as (port, _, _):
        assert await BackEnd(port).refusal_of_post("AAAAAAAAAAAAAAA=") == ("GoneException", 410)


async def test_a_connection_that_is_not_admitted_yet_is_gone() -> None:
    go_on = asyncio.Event()

    async def slow(_: Any) -> object:
        await go_on.wait()
        return {"statusCode": 200}

    functions = ScriptedFunctions({"$connect": slow})
    async with running_gateway(functions) as port:
        connecting = asyncio.create_task(connect(f"ws://127.0.0.1:{port}/").__aenter__())
        connection_id = (await functions.payload("$connect"))["requestContext"]["connectionId"]
        refusal = await BackEnd(port).refusal_of_post(connection_id)
        go_on.set()
        await (await connecting).close()

    assert refusal == ("GoneException", 410)


async def test_a_connection_describes_itself() -> None:
    async with connected() as (port, client, connection_id):
        await client.send("x")
        described = await BackEnd(port).get(connection_id)

    assert described["Identity"]["SourceIp"] == "127.0.0.1"
    assert "websockets" in described["Identity"]["UserAgent"]
    assert abs(datetime.now(UTC) - described["ConnectedAt"]) < timedelta(minutes=1)
    assert described["LastActiveAt"] >= described["ConnectedAt"]


async def test_a_deleted_connection_is_closed_and_gone() -> None:
    functions = ScriptedFunctions()
    async with running_gateway(functions) as port, connect(f"ws://127.0.0.1:{port}/") as client:
        connection_id = (await functions.payload("$connect"))["requestContext"]["connectionId"]
        await BackEnd(port).delete(connection_id)
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()

        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1000
        assert await BackEnd(port).refusal_of_post(connection_id) == ("GoneException", 410)
        assert (await functions.payload("$disconnect"))["requestContext"]["connectionId"] == connection_id


async def test_another_access_key_is_refused() -> None:
    async with connected() as (port, _, connection_id):
        back_end = BackEnd(port, access_key="AKIDELSEWHERE")

        assert await back_end.refusal_of_post(connection_id) == ("UnrecognizedClientException", 403)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer token"}])
async def test_an_unsigned_request_is_refused(headers: dict[str, str]) -> None:
    async with connected() as (port, _, connection_id), aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{port}/local/@connections/{quote(connection_id)}"
        async with session.post(url, data=b"x", headers=headers) as answer:
            kind = answer.headers["x-amzn-ErrorType"]

    assert (answer.status, kind) == (403, "MissingAuthenticationTokenException")


async def test_a_client_that_does_not_read_is_throttled() -> None:
    functions = ScriptedFunctions()
    async with running_gateway(functions, max_unsent_bytes=65536) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
        writer.write(HANDSHAKE)
        connection_id = (await functions.payload("$connect"))["requestContext"]["connectionId"]
        refusal = await first_refusal(BackEnd(port), connection_id)
        writer.transport.abort()

    assert refusal == ("LimitExceededException", 429)


HANDSHAKE = (
    b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


async def first_refusal(back_end: BackEnd, connection_id: str) -> tuple[str, int]:
    """Sent is more than the kernel buffers between the two."""
    for _ in range(1000):
        try:
            await back_end.post(connection_id, b"x" * 131_072)
        except ClientError as refused:
            return code_and_status(refused)
    raise AssertionError("never refused")


class HoldFirst:
    """Delivers the first message after the second."""

    def __init__(self) -> None:
        self.holds = asyncio.Event()
        self._go_on = asyncio.Event()

    async def before_route_response(self, connection_id: str) -> None:  # noqa: ARG002
        await self._turn()

    async def before_post(self, connection_id: str) -> PostFate:  # noqa: ARG002
        await self._turn()
        return PostFate.DELIVERED

    async def _turn(self) -> None:
        if self.holds.is_set():
            asyncio.get_running_loop().call_soon(self._go_on.set)
        else:
            self.holds.set()
            await self._go_on.wait()


async def test_posts_can_be_reordered() -> None:
    disturbance = HoldFirst()
    async with connected(disturbance=disturbance) as (port, client, connection_id):
        back_end = BackEnd(port)
        first = asyncio.create_task(back_end.post(connection_id, b"a"))
        await disturbance.holds.wait()
        await back_end.post(connection_id, b"b")
        await first

        assert [await client.recv(), await client.recv()] == ["b", "a"]


async def test_route_responses_can_be_reordered() -> None:
    async def number(payload: Any) -> object:
        return {"body": payload["body"]}

    functions = ScriptedFunctions({"$default": number})
    async with (
        running_gateway(functions, disturbance=HoldFirst()) as port,
        connect(f"ws://127.0.0.1:{port}/") as client,
    ):
        await client.send("1")
        await client.send("2")

        assert [await client.recv(), await client.recv()] == ["2", "1"]


async def test_a_storm_delays_and_refuses_by_its_numbers() -> None:
    weather = Weather(
        seed=1, max_route_response_delay_seconds=0.001, max_post_delay_seconds=0.001, limit_exceeded_share=1
    )
    functions = ScriptedFunctions({"$default": returning({"body": "late"})})
    async with (
        running_gateway(functions, disturbance=Stormy(weather)) as port,
        connect(f"ws://127.0.0.1:{port}/") as client,
    ):
        connection_id = (await functions.payload("$connect"))["requestContext"]["connectionId"]
        await client.send("?")

        assert await client.recv() == "late"
        assert await BackEnd(port).refusal_of_post(connection_id) == ("LimitExceededException", 429)
