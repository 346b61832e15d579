"""Starts the system on one machine, keeps it running, and ends all of it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from chaingraph.cli.local_system import LocalSystem, write_local_system
from chaingraph.postgres.migrate import migrate
from infra.local.database import Databases, Server, make_databases, own_server
from infra.local.health import healthy
from infra.local.issuer import published_documents, signing_key
from infra.local.parts import Wiring, parts_of
from infra.local.ports import HOST, chosen_port, free_port
from infra.local.processes import Ended, Part, Serving
from infra.local.state_folder import LOGS, owned_state
from infra.local.system_settings import AUDIENCE, SystemSettings
from infra.local.watched_database import keep_running

Change = Serving | Ended


@asynccontextmanager
async def running_system(
    settings: SystemSettings, on_change: Callable[[Change], None]
) -> AsyncGenerator[LocalSystem]:
    """The system, serving. Whatever was started is ended when the block is left.

    Raises Conflict when the state folder or the port is in use, DidNotStart and PartFailed.
    """
    with owned_state(settings.state) as state:
        port = chosen_port(settings.port)
        async with _database(state, settings, on_change) as databases:
            wiring = wired(state, port, databases, settings.given)
            async with _parts(wiring, on_change):
                await healthy(wiring.system.http_url)
                write_local_system(state, wiring.system)
                yield wiring.system


@asynccontextmanager
async def _database(
    state: Path, settings: SystemSettings, on_change: Callable[[Change], None]
) -> AsyncGenerator[Databases]:
    if settings.database_url is not None:
        yield await _prepared(settings.database_url)
        return
    server = own_server(state)
    starting = asyncio.create_task(asyncio.to_thread(server.start))
    try:
        await asyncio.shield(starting)
        databases = await _prepared(server.url)
        async with _watched(server, on_change):
            yield databases
    finally:
        await asyncio.wait([starting])
        await asyncio.to_thread(server.stop)


async def _prepared(url: str) -> Databases:
    databases = await asyncio.to_thread(make_databases, url)
    await migrate(databases.flows)
    return databases


@asynccontextmanager
async def _watched(server: Server, on_change: Callable[[Change], None]) -> AsyncGenerator[None]:
    watching = asyncio.create_task(keep_running(server, on_change))
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.wait([watching])


@asynccontextmanager
async def _parts(wiring: Wiring, on_change: Callable[[Change], None]) -> AsyncGenerator[None]:
    """Every part has served once when the block is entered."""
    first = asyncio.Semaphore(0)

    def tell(change: Change) -> None:
        if isinstance(change, Serving) and change.attempt == 1:
            first.release()
        on_change(change)

    parts = [Part(settings, tell) for settings in parts_of(wiring)]
    async with _running(parts):
        for _ in parts:
            await first.acquire()
        yield


@asynccontextmanager
async def _running(parts: Iterable[Part]) -> AsyncGenerator[None]:
    """A part that fails for good ends the block."""
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(part.run()) for part in parts]
            try:
                yield
            finally:
                for task in running:
                    task.cancel()
    except ExceptionGroup as failed:  # of a part, or of the block: it is told as what it is
        raise failed.exceptions[0] from None


def wired(state: Path, port: int, databases: Databases, given: Mapping[str, str]) -> Wiring:
    url = f"http://{HOST}:{port}"
    return Wiring(
        system=LocalSystem(http_url=url, websocket_url=f"ws://{HOST}:{port}", issuer=url, audience=AUDIENCE),
        databases=databases,
        gateway_port=port,
        workflow_port=free_port(),
        documents=published_documents(url, signing_key(state)),
        logs=state / LOGS,
        given=given,
    )
