"""Starts the system on one machine, keeps it running, and ends all of it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from chaingraph.cli.local_system import LocalSystem, write_local_system
from chaingraph.postgres.migrate import migrate
from infra.local.database import Databases, Server, databases_of, make_databases, own_server
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
        server = own_server(state) if settings.database_url is None else None
        databases = databases_of(server.url if server else settings.database_url or "")
        wiring = wired(state, port, databases, settings.given)
        async with _starting(server) as started, _parts(wiring, on_change) as parts:
            await started
            await _prepare(databases)
            async with _watched(server, on_change):
                await parts.serve()
                await healthy(wiring.system.http_url)
                write_local_system(state, wiring.system)
                yield wiring.system


@asynccontextmanager
async def _starting(server: Server | None) -> AsyncGenerator[Awaitable[None]]:
    """The server is being started; what the block gets is done when it runs. None: it runs already."""
    starting = asyncio.create_task(asyncio.to_thread(server.start if server else _nothing))
    try:
        yield asyncio.shield(starting)
    finally:
        await asyncio.wait([starting])
        await asyncio.to_thread(server.stop if server else _nothing)


def _nothing() -> None:
    pass


async def _prepare(databases: Databases) -> None:
    await asyncio.to_thread(make_databases, databases)
    await migrate(databases.flows)


@asynccontextmanager
async def _watched(server: Server | None, on_change: Callable[[Change], None]) -> AsyncGenerator[None]:
    if server is None:
        yield
        return
    watching = asyncio.create_task(keep_running(server, on_change))
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.wait([watching])


class _Parts:
    """Parts that import what they need and begin to serve together."""

    def __init__(self, wiring: Wiring, on_change: Callable[[Change], None]) -> None:
        self._ground = asyncio.Event()
        self._first = asyncio.Semaphore(0)
        self._on_change = on_change
        self.all = [Part(settings, self._ground, self._tell) for settings in parts_of(wiring)]

    async def serve(self) -> None:
        """Returns when every part has served once."""
        self._ground.set()
        for _ in self.all:
            await self._first.acquire()

    def _tell(self, change: Change) -> None:
        if isinstance(change, Serving) and change.attempt == 1:
            self._first.release()
        self._on_change(change)


@asynccontextmanager
async def _parts(wiring: Wiring, on_change: Callable[[Change], None]) -> AsyncGenerator[_Parts]:
    """A part that fails for good ends the block."""
    parts = _Parts(wiring, on_change)
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(part.run()) for part in parts.all]
            try:
                yield parts
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
