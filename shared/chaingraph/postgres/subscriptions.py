"""Rows that tell the relay what to deliver, as the functions write them."""

from dataclasses import dataclass
from typing import Final, LiteralString

from psycopg.errors import ForeignKeyViolation, UniqueViolation
from psycopg.rows import class_row

from chaingraph.errors import Conflict, NotFound
from chaingraph.ids import ConnectionId, RequestId
from chaingraph.postgres.database import Database
from chaingraph.postgres.hints import hint_at_subscriptions
from chaingraph.postgres.subscription_rows import COLUMNS, TABLE, SubscriptionRow, subscription
from chaingraph.subscriptions import Subscription

ADD: Final = """
insert into chaingraph.subscriptions (
    connection_id, request_id, execution_id, event_types, batch_size, batch_timeout_ms, snapshot, cursor
) values (
    %(connection_id)s, %(request_id)s, %(execution_id)s, %(event_types)s, %(batch_size)s,
    %(batch_timeout_ms)s, %(snapshot)s, %(cursor)s
)
"""

STOP: Final = """
update chaingraph.subscriptions set is_stopping = true
where connection_id = %(connection_id)s and request_id = %(request_id)s
"""

REMOVE: Final = """
delete from chaingraph.subscriptions
where connection_id = %(connection_id)s and request_id = %(request_id)s
"""

OF_CONNECTION: Final[LiteralString] = (
    "select"
    + COLUMNS
    + TABLE
    + "where s.connection_id = %(connection_id)s order by s.created_at, s.request_id"
)

ALL: Final[LiteralString] = "select" + COLUMNS + TABLE + "order by s.connection_id, s.request_id"

STOPPING: Final = """
select connection_id, request_id from chaingraph.subscriptions where is_stopping
order by connection_id, request_id
"""


@dataclass(frozen=True, slots=True)
class Key:
    connection_id: ConnectionId
    request_id: RequestId


class PostgresSubscriptions:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, subscription: Subscription) -> None:
        connection_id, request_id = subscription.connection_id, subscription.request_id
        try:
            await self._database.run(ADD, _parameters(subscription))
        except UniqueViolation as error:
            raise Conflict(f"connection {connection_id} uses the request id {request_id} already") from error
        except ForeignKeyViolation as error:
            raise NotFound(f"there is no connection {connection_id}") from error
        await hint_at_subscriptions(connection_id, database=self._database)

    async def stop(self, connection_id: ConnectionId, request_id: RequestId) -> None:
        parameters = {"connection_id": connection_id, "request_id": request_id}
        if not await self._database.run(STOP, parameters):
            raise NotFound(f"connection {connection_id} has no subscription {request_id}")
        await hint_at_subscriptions(connection_id, database=self._database)

    async def remove(self, connection_id: ConnectionId, request_id: RequestId) -> None:
        await self._database.run(REMOVE, {"connection_id": connection_id, "request_id": request_id})

    async def of_connection(self, connection_id: ConnectionId) -> list[Subscription]:
        parameters = {"connection_id": connection_id}
        rows = await self._database.rows(OF_CONNECTION, parameters, class_row(SubscriptionRow))
        return [subscription(row) for row in rows]

    async def all(self) -> list[Subscription]:
        return [subscription(row) for row in await self._database.rows(ALL, {}, class_row(SubscriptionRow))]

    async def stopping(self) -> list[tuple[ConnectionId, RequestId]]:
        keys = await self._database.rows(STOPPING, {}, class_row(Key))
        return [(key.connection_id, key.request_id) for key in keys]


def _parameters(added: Subscription) -> dict[str, object]:
    return {
        "connection_id": added.connection_id,
        "request_id": added.request_id,
        "execution_id": added.execution_id,
        "event_types": sorted(added.event_types),
        "batch_size": added.batch_size,
        "batch_timeout_ms": added.batch_timeout_ms,
        "snapshot": added.snapshot,
        "cursor": added.cursor,
    }
