"""An HTTP endpoint that does with each request what a test says, and the adapters' way to it."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from chaingraph.aws.signed_client import SignedClient
from chaingraph.aws.signing import Keys, Signer

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


class FixedCredentials:
    async def keys(self) -> Keys:
        return Keys(access_key="local", secret_key="local", token=None)


@dataclass(frozen=True, slots=True)
class Reply:
    status: int = 200
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class HangUp:
    """The request is read, and the connection closed."""


@dataclass(frozen=True, slots=True)
class Silence:
    """The request is read, and nothing comes."""


Reaction = Reply | HangUp | Silence


@dataclass(slots=True)
class Received:
    line: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Endpoint:
    """Reacts in the order given, then with an empty success."""

    reactions: list[Reaction]
    port: int = 0
    accepted: int = 0
    received: list[Received] = field(default_factory=list[Received])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        try:
            while await self._answer(reader, writer):
                await writer.drain()
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await _head(reader)
        if not head:
            return False
        line, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.received.append(Received(line, headers, body))
        match self.reactions.pop(0) if self.reactions else Reply():
            case Reply(status, answer):
                writer.write(b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n" % (status, len(answer)) + answer)
                return True
            case Silence():
                await reader.read()
                return False
            case HangUp():
                return False


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


@asynccontextmanager
async def endpoint(*reactions: Reaction) -> AsyncGenerator[Endpoint]:
    serving = Endpoint(list(reactions))
    server = await asyncio.start_server(serving.serve, "127.0.0.1", 0)
    serving.port = server.sockets[0].getsockname()[1]
    try:
        yield serving
    finally:
        server.close()


@asynccontextmanager
async def client_of(
    port: int, *, path: str = "/stage", service: str = "execute-api", answer_seconds: float = 5.0
) -> AsyncGenerator[SignedClient]:
    client = SignedClient(
        f"http://127.0.0.1:{port}{path}",
        signer=Signer(service=service, region="us-east-1"),
        credentials=FixedCredentials(),
        now=lambda: NOW,
        answer_seconds=answer_seconds,
    )
    try:
        yield client
    finally:
        await client.close()


class Naps:
    """Stands for sleeping; remembers how long."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)


def named(error: str) -> Reply:
    """A refusal of an AWS JSON service."""
    return Reply(400, b'{"__type":"com.amazonaws.swf.service.v2.model#%b"}' % error.encode())


def closed_port() -> int:
    """Nobody listens there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
