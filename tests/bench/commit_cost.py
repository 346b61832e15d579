"""Measures the commit of a slice: `python -m tests.bench.commit_cost`; DATABASE_URL, or a server of its own.

One execution after the other and several at once, batches of events of 400 bytes, each with one node result.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
from rich.console import Console
from rich.table import Table

from chaingraph.execution.commits import Commit
from chaingraph.execution.events import Event, EventType
from chaingraph.ids import EventIndex
from chaingraph.postgres.database import Database
from chaingraph.postgres.migrate import migrate
from tests import postgres
from tests.contract.builders import AT_MS, LEASE_MS, claim_running, result
from tests.contract.stores import in_postgres

PAYLOAD: Final = b'{"nodeId":"NO1234567890","values":{"text":"' + b"x" * 340 + b'"}}'
SECONDS: Final = 2.0
BATCHES: Final = (1, 25, 100, 1000)
WRITERS: Final = (1, 8)


def main() -> None:
    with _server() as url:
        asyncio.run(_measure(url))


@contextmanager
def _server() -> Generator[str]:
    """A server that waits for the disk, unlike the one of the tests."""
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        server = Path(folder) / "server"
        url = postgres.start(server)
        try:
            _wait_for_the_disk(url)
            yield url
        finally:
            postgres.stop(server)


def _wait_for_the_disk(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("alter system set fsync = on")
        session.execute("alter system set synchronous_commit = on")
        session.execute("alter system set full_page_writes = on")
        session.execute("select pg_reload_conf()")


async def _measure(url: str) -> None:
    await migrate(url)
    table = Table("writers", "events a batch", "commits/s", "rows/s", "ms a commit")
    for writers in WRITERS:
        for size in BATCHES:
            commits, seconds = await _run(url, writers, size)
            rate = commits / seconds
            table.add_row(
                str(writers), str(size), f"{rate:.0f}", f"{rate * size:.0f}", f"{1000 * writers / rate:.2f}"
            )
    Console().print(table)


async def _run(url: str, writers: int, size: int) -> tuple[int, float]:
    began = time.perf_counter()
    deadline = began + SECONDS
    names = [f"{began}-{size}-{number}" for number in range(writers)]
    commits = await asyncio.gather(*(_write(url, name, size, deadline) for name in names))
    return sum(commits), time.perf_counter() - began


async def _write(url: str, name: str, size: int, deadline: float) -> int:
    database = Database(url, sessions=1)
    store = in_postgres(url, database)
    claimed = await claim_running(store, name)
    first = 0
    while time.perf_counter() < deadline:
        await store.runs.commit(claimed, _batch(first, size), lease_ms=LEASE_MS)
        first += size
    await database.close()
    return first // size


def _batch(first: int, size: int) -> Commit:
    events = tuple(
        Event(EventIndex(index), EventType.NODE_COMPLETED, AT_MS, PAYLOAD)
        for index in range(first, first + size)
    )
    return Commit(first=EventIndex(first), events=events, results=(result(f"node-{first}"),))


if __name__ == "__main__":
    main()
