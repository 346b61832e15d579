"""Flow documents."""

from typing import Final, LiteralString

from psycopg.errors import UniqueViolation
from psycopg.rows import class_row, scalar_row

from chaingraph.errors import Conflict, NotFound
from chaingraph.ids import FlowId, UserId
from chaingraph.interfaces import FlowSummary, Page, StoredFlow
from chaingraph.postgres.database import Database
from chaingraph.postgres.pages import page_parameters

CREATE: Final = """
insert into chaingraph.flows (id, owner_id, name, document)
values (%(id)s, %(owner_id)s, %(name)s, %(document)s)
returning id, owner_id, name, version, document, created_at, updated_at
"""

READ: Final = """
select id, owner_id, name, version, document, created_at, updated_at from chaingraph.flows where id = %(id)s
"""

UPDATE: Final = """
update chaingraph.flows
set name = %(name)s, document = %(document)s, version = version + 1,
    updated_at = date_trunc('milliseconds', now())
where id = %(id)s and version = %(version)s
returning id, owner_id, name, version, document, created_at, updated_at
"""

VERSION: Final = "select version from chaingraph.flows where id = %(id)s"

DELETE: Final = "delete from chaingraph.flows where id = %(id)s"

LIST: Final[LiteralString] = (
    "select id, owner_id, name, version, created_at, updated_at from chaingraph.flows where "
)

OF_OWNER: Final[LiteralString] = "owner_id = %(owner_id)s and "

LIST_PAGE: Final[LiteralString] = """
(created_at, id) < (%(before)s, %(before_id)s) order by created_at desc, id desc limit %(limit)s
"""


class PostgresFlows:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, flow_id: FlowId, *, owner_id: UserId, name: str, document: bytes) -> StoredFlow:
        parameters = {"id": flow_id, "owner_id": owner_id, "name": name, "document": document}
        try:
            row = await self._database.row(CREATE, parameters, class_row(StoredFlow))
        except UniqueViolation as error:
            raise Conflict(f"there is a flow {flow_id} already") from error
        return _found(row, flow_id)

    async def read(self, flow_id: FlowId) -> StoredFlow:
        return _found(await self._database.row(READ, {"id": flow_id}, class_row(StoredFlow)), flow_id)

    async def list_of(self, owner_id: UserId | None, page: Page) -> list[FlowSummary]:
        query = LIST + (OF_OWNER if owner_id else "") + LIST_PAGE
        parameters = {"owner_id": owner_id, **page_parameters(page)}
        return await self._database.rows(query, parameters, class_row(FlowSummary))

    async def update(self, flow_id: FlowId, *, version: int, name: str, document: bytes) -> StoredFlow:
        parameters = {"id": flow_id, "version": version, "name": name, "document": document}
        row = await self._database.row(UPDATE, parameters, class_row(StoredFlow))
        return row or await self._not_updated(flow_id, version)

    async def delete(self, flow_id: FlowId) -> None:
        if not await self._database.run(DELETE, {"id": flow_id}):
            raise _not_found(flow_id)

    async def _not_updated(self, flow_id: FlowId, version: int) -> StoredFlow:
        current: int | None = await self._database.row(VERSION, {"id": flow_id}, scalar_row)
        if current is None:
            raise _not_found(flow_id)
        raise Conflict(f"flow {flow_id} is at version {current}, not {version}")


def _found(row: StoredFlow | None, flow_id: FlowId) -> StoredFlow:
    if row is None:
        raise _not_found(flow_id)
    return row


def _not_found(flow_id: FlowId) -> NotFound:
    return NotFound(f"there is no flow {flow_id}")
