"""Flows, who visits their executions, and a fault at every place of a play over PostgreSQL."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Final, LiteralString

import orjson

from chaingraph.execution.slots import SlotLimits
from chaingraph.graph.json_types import JsonObject
from chaingraph.ids import ExecutionId
from tests.fault.faults import CUTS, Injected, Kind, Schedule, one
from tests.fault.postgres.statement_proxy import STATEMENT, statement_proxy
from tests.fault.postgres.stores import LOCK, Place, PostgresStores
from tests.fault.postgres.trials import MORE_CALLS
from tests.fault.postgres.virtual_database import DatabaseLoop, clear
from tests.fault.reporting import Places, Survived
from tests.fault.simulation import System
from tests.fault.stores import Stores, StoresInMemory
from tests.fault.trial import Trial, try_out

# A process dies (what one leaves that dies before a call is what one leaves that died after the call before),
# an answer gets lost, a second engine takes over, a statement meets a lock, the connection breaks before the
# statement comes (after it, that is an answer that gets lost).
STRIKES: Final = (
    Kind.CRASH_AFTER,
    Kind.REPLY_LOST,
    Kind.LATE,
    Kind.SECOND_RUN,
    Kind.TIMED_OUT,
    Kind.CUT_BEFORE,
)
PATIENCE_SECONDS: Final = 600.0
TIMEOUT_MS: Final = 40
HELD_SECONDS: Final = 0.1

Visit = Callable[[System, ExecutionId], Awaitable[None]]


async def nobody(system: System, root_id: ExecutionId) -> None:
    """Nobody comes."""


@dataclass(frozen=True, eq=False)
class Play:
    """`called`: the flows that this one calls. `locks`: takes a lock that is in the way of its statements."""

    document: JsonObject
    called: Mapping[str, JsonObject] = field(default_factory=dict[str, JsonObject])
    slots: SlotLimits | None = None
    visit: Visit = nobody
    locks: LiteralString = LOCK

    def system(self, schedule: Schedule, stores: Stores) -> System:
        return Visited(
            self.document,
            schedule,
            called=self.called,
            slots=self.slots,
            stores=stores,
            visited=self.visit,
        )


@dataclass
class Visited(System):
    visited: Visit = nobody

    async def visit(self, root_id: ExecutionId) -> None:
        await self.visited(self, root_id)


@cache
def calm(play: Play) -> Trial:
    """In memory, without a fault: what is expected of every other trial."""
    return try_out(lambda: play.system(Schedule(), StoresInMemory()))


def values(trial: Trial, node_id: str) -> JsonObject:
    """That a node of the root has in the end."""
    _, detail = orjson.loads(trial.audit.tree["/"].values[node_id])
    return detail["values"]


MakeStores = Callable[[Place], PostgresStores]


@dataclass(frozen=True, slots=True)
class Stage:
    """A database where plays are given. `places`: those of all where a fault is to strike."""

    url: str
    places: Places
    survived: Survived
    make_stores: MakeStores = PostgresStores

    def assert_unchanged(self, play: Play, kind: Kind, also: Callable[[], None] = lambda: None) -> None:
        """By a fault at any place. `also`: is asked after each trial."""
        for trial, injected in self.trials(play, kind):
            assert trial.problems(calm(play).audit.tree) == [], injected
            also()
            self.survived((f"{fault.kind} (PostgreSQL)" for fault in injected), trial.run_again(calm(play)))

    def trials(self, play: Play, kind: Kind) -> Iterator[tuple[Trial, Sequence[Injected]]]:
        """Of each, what was injected."""
        return self._cut(play, kind) if kind in CUTS else self._struck(play, kind)

    def trial(self, play: Play, schedule: Schedule, place: Place | None = None) -> Trial:
        clear(self.url)
        stores = partial(self.make_stores, place or Place(self.url))
        return try_out(lambda: play.system(schedule, stores()), loop=DatabaseLoop, seconds=PATIENCE_SECONDS)

    def _struck(self, play: Play, kind: Kind) -> Iterator[tuple[Trial, Sequence[Injected]]]:
        place = self._limited(play) if kind is Kind.TIMED_OUT else Place(self.url)
        for call in self.places(self.trial(play, Schedule()).calls + MORE_CALLS):
            trial = self.trial(play, one(call, kind), place)
            yield trial, trial.injected

    def _cut(self, play: Play, kind: Kind) -> Iterator[tuple[Trial, Sequence[Injected]]]:
        with statement_proxy(self.url) as proxy:
            place = Place(self.url, functions_url=proxy.url)
            proxy.schedule = counted = Schedule()
            self.trial(play, Schedule(), place)
            for statement in self.places(counted.count + MORE_CALLS):
                proxy.schedule = cut = one(statement, kind, STATEMENT)
                yield self.trial(play, Schedule(), place), cut.injected

    def _limited(self, play: Play) -> Place:
        limited = f"{self.url}&options=-c%20statement_timeout%3D{TIMEOUT_MS}"
        return Place(self.url, functions_url=limited, locks=play.locks, locked_seconds=HELD_SECONDS)
