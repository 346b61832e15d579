"""What every Posts must do, fake or over HTTP to the gateway of the local system."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from chaingraph.aws.connections import ConnectionPosts
from chaingraph.aws.signed_client import SignedClient
from chaingraph.aws.signing import Keys, Signer
from chaingraph.ids import ConnectionId
from chaingraph.interfaces import PostOutcome, Posts
from infra.local.gateway.settings import GatewaySettings
from tests.fakes.posts import FakePosts
from tests.local.gateways import ScriptedFunctions, running_gateway

pytestmark = pytest.mark.anyio

LARGEST = 128 * 1024


class Client(Protocol):
    """The other end of a connection."""

    @property
    def id(self) -> ConnectionId: ...

    async def receive(self) -> bytes | None:
        """None: the connection was closed."""
        ...


class Stage(Protocol):
    @property
    def posts(self) -> Posts: ...

    async def connect(self) -> Client: ...


@pytest.fixture(params=["fake", "gateway"])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    if request.param == "fake":
        yield FakeStage(FakePosts())
        return
    async with gateway_stage() as real:
        yield real


async def test_messages_arrive_as_they_were_sent_and_in_order(stage: Stage) -> None:
    client = await stage.connect()
    messages = [b'{"number":%d,"text":"\xc3\xa4"}' % number for number in range(20)]
    outcomes = [await stage.posts.post(client.id, message) for message in messages]

    assert set(outcomes) == {PostOutcome.POSTED}
    assert [await client.receive() for _ in messages] == messages


async def test_a_message_reaches_its_connection_only(stage: Stage) -> None:
    one, other = await stage.connect(), await stage.connect()
    await stage.posts.post(one.id, b"one")
    await stage.posts.post(other.id, b"other")

    assert [await one.receive(), await other.receive()] == [b"one", b"other"]


async def test_the_largest_message_arrives_and_a_larger_one_does_not(stage: Stage) -> None:
    client = await stage.connect()
    outcomes = [await stage.posts.post(client.id, b"x" * (LARGEST + more)) for more in (1, 0)]

    assert outcomes == [PostOutcome.TOO_LARGE, PostOutcome.POSTED]
    assert await client.receive() == b"x" * LARGEST


async def test_a_closed_connection_ends_and_is_gone(stage: Stage) -> None:
    client = await stage.connect()
    await stage.posts.close(client.id)

    assert await client.receive() is None
    assert await stage.posts.post(client.id, b"late") is PostOutcome.GONE


async def test_a_connection_may_be_closed_again(stage: Stage) -> None:
    client = await stage.connect()
    await stage.posts.close(client.id)
    await stage.posts.close(client.id)

    assert await stage.posts.post(client.id, b"late") is PostOutcome.GONE


# ------------------------------------------------------------------ stages


@dataclass(slots=True)
class FakeClient:
    id: ConnectionId
    posts: FakePosts

    async def receive(self) -> bytes | None:
        return self.posts.messages[self.id].pop(0) if self.posts.messages[self.id] else None


@dataclass(slots=True)
class FakeStage:
    posts: FakePosts
    connections: int = 0

    async def connect(self) -> Client:
        self.connections += 1
        return FakeClient(ConnectionId(f"c{self.connections}="), self.posts)


@dataclass(slots=True)
class SocketClient:
    id: ConnectionId
    socket: ClientConnection

    async def receive(self) -> bytes | None:
        try:
            received = await self.socket.recv(decode=False)
        except ConnectionClosed:
            return None
        return received


@dataclass(slots=True)
class GatewayStage:
    posts: ConnectionPosts
    port: int
    functions: ScriptedFunctions
    sockets: AsyncExitStack
    connections: int = 0

    async def connect(self) -> Client:
        socket = await self.sockets.enter_async_context(connect(f"ws://127.0.0.1:{self.port}/"))
        payload = await self.functions.payload("$connect", self.connections)
        self.connections += 1
        return SocketClient(ConnectionId(payload["requestContext"]["connectionId"]), socket)


class LocalCredentials:
    async def keys(self) -> Keys:
        return Keys(access_key=GatewaySettings().access_key, secret_key="local", token=None)


@asynccontextmanager
async def gateway_stage() -> AsyncGenerator[GatewayStage]:
    functions = ScriptedFunctions()
    async with running_gateway(functions) as port, AsyncExitStack() as sockets:
        client = SignedClient(
            f"http://127.0.0.1:{port}/local",
            signer=Signer(service="execute-api", region="us-east-1"),
            credentials=LocalCredentials(),
            now=lambda: datetime.now(UTC),
        )
        posts = ConnectionPosts(client)
        yield GatewayStage(posts, port, functions, sockets)
        await posts.close_sessions()
