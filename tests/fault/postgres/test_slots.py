"""Faults while more executions want to run than may: never too many at once, and no slot is lost."""

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, LiteralString

import psycopg
import pytest
from psycopg.rows import AsyncRowFactory, class_row

from chaingraph.execution.slots import SlotLimits
from chaingraph.postgres.database import Parameters
from tests.fault.faults import Kind, Schedule
from tests.fault.fifty_nodes import flow_document
from tests.fault.postgres.plays import STRIKES, Play, Stage, calm
from tests.fault.postgres.stores import Place, PostgresStores
from tests.fault.postgres.virtual_database import DatabaseClock, Row, VirtualDatabase

pytestmark = pytest.mark.timeout(1800)

MOST: Final = 2
SLOT: Final = "slot"
PLAY = Play(
    flow_document(
        {
            "start": ("Plus", {}),
            **{f"emit{place}": ("Emits", {"name": "order"}) for place in range(3)},
            "orders": ("EventListenerNodeV2", {"eventName": "order"}),
            "pays": ("Charges", {}),
        },
        [
            *(f"start.result -> emit{place}.a" for place in range(3)),
            "orders.__success -> pays.__execute",
        ],
    ),
    slots=SlotLimits(in_all=MOST, of_owner=MOST),
    locks="lock table chaingraph.slots in access exclusive mode",
)

# Of one moment. Whoever holds a claim on what has begun, and is not overdue, needs a slot of his own.
HELD: Final[LiteralString] = """
select (select count(*) from chaingraph.slots) as taken, (
    select count(*) from chaingraph.progress p
    where p.status = 'running' and p.next_index > 0 and p.lease_expires_at > now() and not exists (
        select from chaingraph.slots s where s.execution_id = p.execution_id and s.epoch = p.epoch
    )
) as without_slot
"""

# After the end: numbers that are taken for ever, and places in a line that nobody leaves.
LEFT: Final = """
select execution_id from chaingraph.slots
union all
select execution_id from chaingraph.waiting_line
"""


@dataclass(frozen=True, slots=True)
class Held:
    taken: int
    without_slot: int


@dataclass(slots=True)
class Watched:
    """How the slots stood after each claim and each commit."""

    held: list[Held] = field(default_factory=list[Held])

    def stores(self, place: Place) -> PostgresStores:
        return PostgresStores(place, partial(WatchedDatabase, self, place.url))


class WatchedDatabase(VirtualDatabase):
    """Claims and commits answer with one row, and tell of slots."""

    def __init__(self, watched: Watched, looking_url: str, url: str, clock: DatabaseClock) -> None:
        super().__init__(url, clock)
        self._watched = watched
        self._looking = VirtualDatabase(looking_url, clock)

    async def row(
        self, query: LiteralString, parameters: Parameters, shape: AsyncRowFactory[Row]
    ) -> Row | None:
        answer = await super().row(query, parameters, shape)
        if SLOT in query:
            self._watched.held += await self._looking.rows(HELD, {}, class_row(Held))
        return answer

    async def close(self) -> None:
        await self._looking.close()
        await super().close()


def test_without_a_fault_all_slots_are_used(stage: Stage) -> None:
    watched = Watched()
    trial = replace(stage, make_stores=watched.stores).trial(PLAY, Schedule())

    assert trial.problems(calm(PLAY).audit.tree) == []
    assert len(trial.audit.tree) == 4
    assert max(held.taken for held in watched.held) == MOST


@pytest.mark.parametrize("kind", STRIKES)
def test_no_slot_is_given_twice_or_lost_whatever_breaks(kind: Kind, stage: Stage) -> None:
    watched = Watched()

    def look() -> None:
        assert [held for held in watched.held if held.taken > MOST or held.without_slot] == []
        watched.held.clear()
        with psycopg.connect(stage.url) as db:
            assert db.execute(LEFT).fetchall() == []

    replace(stage, make_stores=watched.stores).assert_unchanged(PLAY, kind, look)
