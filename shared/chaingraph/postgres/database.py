"""The database as the adapters see it: statements in autocommit over few sessions that heal themselves."""

import asyncio
import select
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Final, LiteralString, TypeVar

import psycopg
from psycopg.errors import ReadOnlySqlTransaction
from psycopg.pq import TransactionStatus
from psycopg.rows import AsyncRowFactory

from chaingraph.errors import Rejected, Unavailable
from chaingraph.postgres.sessions import Password, open_session

Row = TypeVar("Row")
Parameters = Mapping[str, object]

# The slice commits, notifies and polls at the same time; more would only queue at the server.
SESSIONS: Final = 3

PREPARE_AFTER: Final = 2


class Database:
    """Sessions of one process and one event loop: opened when needed, kept, replaced when they broke.

    `prepare_after`: how often a statement runs before the server keeps its plan; None behind a pooler such as
    RDS Proxy, where prepared statements pin the session. `password`: where the URL holds none.
    """

    def __init__(
        self,
        url: str,
        *,
        prepare_after: int | None = PREPARE_AFTER,
        sessions: int = SESSIONS,
        password: Password | None = None,
    ) -> None:
        self._url = url
        self._password = password
        self._prepare_after = prepare_after
        self._free = asyncio.Semaphore(sessions)
        self._idle: list[psycopg.AsyncConnection] = []
        self._is_closed = False

    async def rows(
        self, query: LiteralString, parameters: Parameters, shape: AsyncRowFactory[Row]
    ) -> list[Row]:
        """Every method raises Unavailable when no answer came, Rejected when a value cannot be stored."""
        async with self._session() as session, session.cursor(row_factory=shape) as cursor:
            await cursor.execute(query, parameters)
            return await cursor.fetchall()

    async def row(
        self, query: LiteralString, parameters: Parameters, shape: AsyncRowFactory[Row]
    ) -> Row | None:
        """The first row, if there is one."""
        async with self._session() as session, session.cursor(row_factory=shape) as cursor:
            await cursor.execute(query, parameters)
            return await cursor.fetchone()

    async def run(self, query: LiteralString, parameters: Parameters) -> int:
        """Run a statement for its effect; the number of rows it touched."""
        async with self._session() as session, session.cursor() as cursor:
            await cursor.execute(query, parameters)
            return cursor.rowcount

    async def close(self) -> None:
        """What is in use is closed when it is given back."""
        self._is_closed = True
        while self._idle:
            await self._idle.pop().close()

    @asynccontextmanager
    async def _session(self) -> AsyncGenerator[psycopg.AsyncConnection]:
        async with self._free:
            session = await self._take()
            try:
                yield session
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                raise Unavailable("the database does not answer") from error
            except ReadOnlySqlTransaction as error:  # the server stands by now: another one writes
                await session.close()
                raise Unavailable("the database is being replaced") from error
            except (psycopg.DataError, UnicodeEncodeError) as error:
                raise Rejected("a value cannot be stored: a text holds NUL or half a character") from error
            finally:
                await self._give_back(session)

    async def _take(self) -> psycopg.AsyncConnection:
        while self._idle:
            session = self._idle.pop()
            if _is_usable(session):
                return session
            await session.close()
        return await open_session(self._url, self._prepare_after, self._password)

    async def _give_back(self, session: psycopg.AsyncConnection) -> None:
        if session.info.transaction_status is TransactionStatus.IDLE and not self._is_closed:
            self._idle.append(session)
        else:
            await session.close()


def _is_usable(session: psycopg.AsyncConnection) -> bool:
    """Nothing is due on an idle session: what can be read there is the server's farewell."""
    if session.closed:
        return False
    poll = select.poll()
    poll.register(session.fileno(), select.POLLIN)
    return not poll.poll(0)
