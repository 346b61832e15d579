"""An HTTP server on this machine that answers as a test wants, byte for byte if need be."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson

Chunks = AsyncIterator[bytes]


@dataclass(frozen=True)
class Asked:
    """A request as it came; names of headers in small letters."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


Answer = Callable[[Asked], bytes | Chunks | Awaitable[bytes]]


@dataclass
class WebServer:
    """`answers`: by path. `gone`: set when a client has left before its answer was complete."""

    answers: Mapping[str, Answer]
    url: str = ""
    port: int = 0
    asked: list[Asked] = field(default_factory=list[Asked])
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (asked := await _read(reader)) is not None:
                self.asked.append(asked)
                self.arrived.set()
                if not await self._answer(asked, reader, writer):
                    return
        finally:
            writer.close()

    async def _answer(self, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        answering = asyncio.ensure_future(self._write(asked, writer))
        leaving = asyncio.ensure_future(reader.read(1))
        await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if answering.done() and answering.exception() is None:
            leaving.cancel()
            await asyncio.gather(leaving, return_exceptions=True)
            return False
        self.gone.set()
        answering.cancel()
        await asyncio.gather(answering, leaving, return_exceptions=True)
        return False

    async def _write(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        answer = self.answers[asked.target.partition("?")[0]](asked)
        if isinstance(answer, bytes):
            writer.write(answer)
        elif isinstance(answer, AsyncIterator):
            async for part in answer:
                writer.write(part)
                await writer.drain()
        else:
            writer.write(await answer)
        await writer.drain()


@asynccontextmanager
async def web_server(answers: Mapping[str, Answer], host: str = "127.0.0.1") -> AsyncGenerator[WebServer]:
    served = WebServer(answers)
    server = await asyncio.start_server(served.serve, host, 0)
    served.port = server.sockets[0].getsockname()[1]
    served.url = f"http://{host}:{served.port}"
    try:
        yield served
    finally:
        server.close()


def answered(body: bytes | str = b"", status: int = 200, **headers: str) -> Answer:
    """A whole answer that closes its connection."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(content)}", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return lambda _: "\r\n".join([*lines, "", ""]).encode() + content


def redirected(location: str, status: int = 302) -> Answer:
    return answered(status=status, location=location)


def sse(*events: Mapping[str, object] | str, named: str = "") -> Answer:
    """Server-sent events, each in a chunk of its own. `named`: the field that is an event's name."""

    async def parts(_: Asked) -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
        for event in events:
            name = f"event: {event[named]}\n" if named and not isinstance(event, str) else ""
            text = event if isinstance(event, str) else orjson.dumps(event).decode()
            yield f"{name}data: {text}\n\n".encode()

    return parts


async def never() -> bytes:
    await asyncio.Event().wait()
    return b""


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, target, headers, body)
