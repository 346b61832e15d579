"""Starts our PostgreSQL server again when it is gone: an open session tells that at once, without polling."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import psycopg

from infra.local.database import Server
from infra.local.postgres_programs import DidNotStart
from infra.local.processes import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, Ended, Serving

NAME = "database"


async def keep_running(server: Server, on_change: Callable[[Serving | Ended], None]) -> None:
    on_change(Serving(NAME, server.pid, attempt := 1))
    while True:
        await _until_lost(server.url)
        pause = FIRST_PAUSE_SECONDS
        while (reason := await _failure_to_start(server)) is not None:
            on_change(Ended(NAME, reason, pause))
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        attempt += 1
        on_change(Serving(NAME, server.pid, attempt))


async def _until_lost(url: str) -> None:
    with suppress(psycopg.OperationalError):
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as session:
            while True:
                await _readable(session.fileno())
                await session.execute("select 1")


async def _readable(descriptor: int) -> None:
    """Nothing is due on an idle session: what can be read is news about the server, or its end."""
    news = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, news.set)
    try:
        await news.wait()
    finally:
        loop.remove_reader(descriptor)


async def _failure_to_start(server: Server) -> str | None:
    try:
        await asyncio.to_thread(server.start)
    except DidNotStart as error:
        return str(error).strip().rpartition("\n")[2]
    return None
