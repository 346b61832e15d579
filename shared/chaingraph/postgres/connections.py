"""WebSocket connections and who they belong to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psycopg.rows import class_row, scalar_row

from chaingraph.errors import NotFound
from chaingraph.ids import ConnectionId, UserId
from chaingraph.interfaces import Connection, User
from chaingraph.postgres.database import Database
from chaingraph.postgres.hints import hint_at_subscriptions

ADD: Final = """
insert into chaingraph.connections (id, user_id, is_admin, announces_identity)
values (%(id)s, %(user_id)s, %(is_admin)s, %(announces_identity)s)
on conflict (id) do update
set user_id = excluded.user_id, is_admin = excluded.is_admin, announces_identity = excluded.announces_identity
"""

READ: Final = """
select id, user_id, is_admin, announces_identity, connected_at from chaingraph.connections where id = %(id)s
"""

IDENTIFY: Final = """
update chaingraph.connections set user_id = %(user_id)s, is_admin = %(is_admin)s where id = %(id)s
"""

REMOVE: Final = "delete from chaingraph.connections where id = %(id)s"

UNIDENTIFIED: Final = """
select id from chaingraph.connections
where user_id is null and connected_at < %(before)s order by connected_at limit %(limit)s
"""

OPENED_BEFORE: Final = """
select id from chaingraph.connections where connected_at < %(before)s order by connected_at limit %(limit)s
"""


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    id: ConnectionId
    user_id: UserId | None
    is_admin: bool
    announces_identity: bool
    connected_at: datetime


class PostgresConnections:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, connection_id: ConnectionId, *, user: User | None, announces_identity: bool) -> None:
        parameters = {
            "id": connection_id,
            "user_id": user.id if user else None,
            "is_admin": user is not None and user.is_admin,
            "announces_identity": announces_identity,
        }
        await self._database.run(ADD, parameters)

    async def read(self, connection_id: ConnectionId) -> Connection:
        row = await self._database.row(READ, {"id": connection_id}, class_row(ConnectionRow))
        if row is None:
            raise _not_found(connection_id)
        user = User(row.user_id, row.is_admin) if row.user_id is not None else None
        return Connection(row.id, user, row.announces_identity, row.connected_at)

    async def identify(self, connection_id: ConnectionId, user: User) -> None:
        parameters = {"id": connection_id, "user_id": user.id, "is_admin": user.is_admin}
        if not await self._database.run(IDENTIFY, parameters):
            raise _not_found(connection_id)

    async def remove(self, connection_id: ConnectionId) -> None:
        if await self._database.run(REMOVE, {"id": connection_id}):
            await hint_at_subscriptions(connection_id, database=self._database)

    async def unidentified_since(self, before: datetime, limit: int) -> list[ConnectionId]:
        return await self._database.rows(UNIDENTIFIED, {"before": before, "limit": limit}, scalar_row)

    async def opened_before(self, before: datetime, limit: int) -> list[ConnectionId]:
        return await self._database.rows(OPENED_BEFORE, {"before": before, "limit": limit}, scalar_row)


def _not_found(connection_id: ConnectionId) -> NotFound:
    return NotFound(f"there is no connection {connection_id}")
