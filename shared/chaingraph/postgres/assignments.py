"""Rows of subscriptions, as the active relay sees them."""

from collections.abc import Collection
from typing import Final, LiteralString

import orjson
from psycopg.rows import class_row, scalar_row

from chaingraph.errors import Conflict
from chaingraph.ids import ConnectionId, Epoch
from chaingraph.interfaces import Assignment
from chaingraph.postgres.database import Database
from chaingraph.postgres.subscription_rows import COLUMNS, TABLE, SubscriptionRow, subscription

# The lock makes a newer relay wait: no row is taken for a relay that is not the active one any more.
TAKEN: Final[LiteralString] = """
with active as (
    select epoch from chaingraph.relay_leases where name = 'relay' and epoch = %(relay)s for share
), s as (
    update chaingraph.subscriptions free set relay_epoch = active.epoch
    from active where free.relay_epoch is null
    returning free.*
)
"""

TAKE: Final[LiteralString] = TAKEN + "select" + COLUMNS + "from s order by s.connection_id, s.request_id"

ACTIVE: Final = "select epoch from chaingraph.relay_leases where name = 'relay'"

OF: Final[LiteralString] = (
    "select"
    + COLUMNS
    + TABLE
    + "where s.connection_id = any(%(connections)s) and s.relay_epoch = %(relay)s"
    + " order by s.connection_id, s.request_id"
)

ABANDONED: Final = """
select distinct connection_id from chaingraph.subscriptions
where relay_epoch < %(relay)s order by connection_id
"""

HAND_OVER: Final = """
update chaingraph.subscriptions s
set relay_epoch = null, cursor = (exact->>2)::integer, is_started = (exact->>3)::boolean
from json_array_elements(%(cursors)s) as exact
where s.connection_id = exact->>0 and s.request_id = exact->>1 and s.relay_epoch = %(relay)s
"""


class PostgresAssignments:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, relay: Epoch) -> list[Assignment]:
        rows = await self._database.rows(TAKE, {"relay": relay}, class_row(SubscriptionRow))
        if not rows and await self._database.row(ACTIVE, {}, scalar_row) != relay:
            raise Conflict(f"relay {relay} is not the active one any more")
        return [_assignment(row) for row in rows]

    async def of(self, relay: Epoch, connections: Collection[ConnectionId]) -> list[Assignment]:
        parameters = {"relay": relay, "connections": list(connections)}
        rows = await self._database.rows(OF, parameters, class_row(SubscriptionRow))
        return [_assignment(row) for row in rows]

    async def abandoned(self, relay: Epoch) -> list[ConnectionId]:
        return await self._database.rows(ABANDONED, {"relay": relay}, scalar_row)

    async def hand_over(self, relay: Epoch, assignments: Collection[Assignment]) -> None:
        cursors = [
            [
                assignment.subscription.connection_id,
                assignment.subscription.request_id,
                assignment.subscription.cursor,
                assignment.is_started,
            ]
            for assignment in assignments
        ]
        await self._database.run(HAND_OVER, {"relay": relay, "cursors": orjson.dumps(cursors)})


def _assignment(row: SubscriptionRow) -> Assignment:
    return Assignment(subscription(row), row.is_started, row.is_stopping)
