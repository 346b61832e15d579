"""The store of a simulated system in PostgreSQL, and the disasters of a database."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, LiteralString, TypeVar, cast

import orjson
import psycopg
from psycopg.rows import class_row

from chaingraph.errors import Unavailable
from chaingraph.execution.execution import Execution
from chaingraph.execution.results import LoadedResult, ResultStatus
from chaingraph.ids import ExecutionId, NodeId
from chaingraph.interfaces import Page
from tests.contract.stores import Store, in_postgres
from tests.fault.faults import Kind, Schedule
from tests.fault.postgres.statements import statements_from
from tests.fault.postgres.virtual_database import DatabaseClock, VirtualDatabase, standing_still
from tests.fault.postgres.wake_ups import MeddledWakeUps
from tests.fault.sandboxes import Sandbox
from tests.fault.stores import Reached
from tests.fault.watched_runs import Watch, WatchedRuns

T = TypeVar("T")

MakeDatabase = Callable[[str, DatabaseClock], VirtualDatabase]

MOST = 1000
PATIENCE_SECONDS = 0.5
LOCKED_SECONDS = 0.02
OUTAGE_SECONDS = 8.0

RESULTS: Final[LiteralString] = """
select node_id, status, attempt, detail from chaingraph.node_results where execution_id = %(execution_id)s
"""

LOCK: Final[LiteralString] = "select from chaingraph.progress for update"


@dataclass(frozen=True, slots=True)
class Server:
    """`crash` and `go_on` end and start it."""

    crash: Callable[[], None]
    go_on: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the database is. `functions_url`, `relay_url`: how they reach it.

    `hints`: what becomes of wake-ups. `locks`: what takes a lock, which is held for `locked_seconds`.
    """

    url: str
    functions_url: str | None = None
    relay_url: str | None = None
    hints: Schedule = field(default_factory=Schedule)
    server: Server | None = None
    locks: LiteralString = LOCK
    locked_seconds: float = LOCKED_SECONDS


@dataclass(frozen=True, slots=True)
class ResultRow:
    node_id: NodeId
    status: str
    attempt: int
    detail: bytes


class PostgresStores:
    def __init__(self, place: Place, make_database: MakeDatabase = VirtualDatabase) -> None:
        """`make_database`: that of the functions."""
        self._place = place
        self._clock = DatabaseClock(place.url)
        self._database = VirtualDatabase(place.url, self._clock)
        self._of_functions = make_database(place.functions_url or place.url, self._clock)
        self._of_relay = VirtualDatabase(place.relay_url or place.url, self._clock)
        self._after: set[asyncio.Future[None]] = set()
        everything = in_postgres(place.url, self._database)
        self.whole = Store(**{part.name: patient(getattr(everything, part.name)) for part in fields(Store)})
        self.relayed = replace(
            in_postgres(place.url, self._of_relay),
            wake_ups=MeddledWakeUps(place.relay_url or place.url, place.hints),
            relay_lease=self.whole.relay_lease,
        )

    def reached_from(self, sandbox: Sandbox, watch: Watch) -> Reached:
        """The watch knows what the process knows."""
        store = in_postgres(self._place.url, statements_from(sandbox, self._of_functions))
        runs = WatchedRuns(store.runs, watch)
        return Reached(replace(store, runs=runs), runs)

    async def executions(self) -> Sequence[Execution]:
        return await self.whole.executions.list_of(None, Page(limit=MOST), None)

    async def results(self, execution_id: ExecutionId) -> Sequence[LoadedResult]:
        parameters = {"execution_id": execution_id}
        rows = await self._database.rows(RESULTS, parameters, class_row(ResultRow))
        return [
            LoadedResult(row.node_id, ResultStatus(row.status), row.attempt, orjson.loads(row.detail))
            for row in rows
        ]

    async def close(self) -> None:
        with standing_still():
            if self._after:
                await asyncio.wait(self._after)
            for database in (self._database, self._of_functions, self._of_relay, self._clock):
                await database.close()

    # ------------------------------------------------------------ disasters

    async def strike(self, kind: Kind) -> None:
        match kind:
            case Kind.ROW_LOCKED | Kind.TIMED_OUT:
                await self._lock_rows()
            case Kind.SERVER_RESTARTED if self._place.server is not None:
                await _in_thread(self._place.server.crash)
                asyncio.get_running_loop().call_later(OUTAGE_SECONDS, self._soon, self._place.server.go_on)
            case _:
                return

    async def _lock_rows(self) -> None:
        """Whoever writes now waits."""
        with standing_still():
            session = await psycopg.AsyncConnection.connect(self._place.url)
            await session.execute(self._place.locks)
        waited = self._soon(lambda: time.sleep(self._place.locked_seconds))
        waited.add_done_callback(lambda _: session.pgconn.finish())

    def _soon(self, work: Callable[[], None]) -> asyncio.Future[None]:
        future = _in_thread(work)
        self._after.add(future)
        future.add_done_callback(self._after.discard)
        return future


def _in_thread(work: Callable[[], None]) -> asyncio.Future[None]:
    return asyncio.get_running_loop().run_in_executor(None, work)


def patient(target: T) -> T:
    """The same, asked again until it answers."""
    return cast("T", _Patient(target))


class _Patient:
    def __init__(self, target: object) -> None:
        self._target = target

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._target, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            while True:
                try:
                    return await method(*args, **kwargs)
                except Unavailable:
                    await asyncio.sleep(PATIENCE_SECONDS)

        return call
