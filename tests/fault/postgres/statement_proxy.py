"""A proxy in front of PostgreSQL that knows where a statement ends, and cuts connections there."""

import asyncio
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlsplit

from tests.fault.faults import Kind, Schedule

STATEMENT: Final = "statement"
# A client's messages that the server answers with ReadyForQuery: Query, and the Sync after all others.
ASKS: Final = frozenset(b"QS")
READY: Final = ord("Z")
HEADER: Final = 5


class StatementProxy:
    """Counts the statements of all connections; serves in a thread of its own."""

    def __init__(self, url: str) -> None:
        self.schedule = Schedule()
        self._database = urlsplit(url).path
        self._server = f"{parse_qs(urlsplit(url).query)['host'][0]}/.s.PGSQL.5432"
        self._port = 0
        self._loop = asyncio.new_event_loop()
        self._pairs: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return (
            f"postgresql://postgres@127.0.0.1:{self._port}{self._database}?sslmode=disable&gssencmode=disable"
        )

    def serve(self, ready: threading.Event) -> None:
        with closing(self._loop):
            self._loop.run_until_complete(self._listen())
            ready.set()
            self._loop.run_forever()
            self._loop.run_until_complete(self._end())

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _listen(self) -> None:
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self._port = self._listener.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        self._listener.close()
        for pair in self._pairs:
            pair.cancel()
        await asyncio.gather(*self._pairs, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pair = asyncio.current_task()
        assert pair
        self._pairs.add(pair)
        with suppress(OSError, asyncio.IncompleteReadError):
            server = _End(*await asyncio.open_unix_connection(self._server))
            await _Pair(_End(reader, writer), server, self.schedule).serve()
        self._pairs.discard(pair)


@contextmanager
def statement_proxy(url: str) -> Generator[StatementProxy]:
    """A proxy of the database with this URL, which is reached through a socket in the file system."""
    proxy, ready = StatementProxy(url), threading.Event()
    serving = threading.Thread(target=proxy.serve, args=(ready,))
    serving.start()
    ready.wait()
    try:
        yield proxy
    finally:
        proxy.close()
        serving.join()


@dataclass(frozen=True, slots=True)
class _End:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def message(self) -> bytes:
        header = await self.reader.readexactly(HEADER)
        return header + await self.reader.readexactly(int.from_bytes(header[1:]) - 4)

    async def send(self, message: bytes) -> None:
        self.writer.write(message)
        await self.writer.drain()


class _Pair:
    """`_is_muted`: what the server says from now on reaches nobody, and its next ReadyForQuery is the end."""

    def __init__(self, client: _End, server: _End, schedule: Schedule) -> None:
        self._client = client
        self._server = server
        self._schedule = schedule
        self._is_muted = False

    async def serve(self) -> None:
        await self._greet()
        tasks = [asyncio.create_task(work()) for work in (self._ask, self._answer)]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._client.writer.close()
            self._server.writer.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _greet(self) -> None:
        """The first message bears no type."""
        length = await self._client.reader.readexactly(4)
        await self._server.send(length + await self._client.reader.readexactly(int.from_bytes(length) - 4))

    async def _ask(self) -> None:
        """Returns where the connection is to be cut at once."""
        statement = b""
        while True:
            message = await self._client.message()
            statement += message
            if message[0] in ASKS:
                kind = self._schedule.next(STATEMENT)
                if kind is Kind.CUT_BEFORE:
                    return
                self._is_muted = kind is Kind.CUT_AFTER
                await self._server.send(statement)
                statement = b""

    async def _answer(self) -> None:
        while True:
            message = await self._server.message()
            if not self._is_muted:
                await self._client.send(message)
            elif message[0] == READY:
                return
