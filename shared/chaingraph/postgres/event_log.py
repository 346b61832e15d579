"""Reading the log of an execution."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, LiteralString

from psycopg.rows import args_row, class_row

from chaingraph.execution.events import Event
from chaingraph.ids import EventIndex, ExecutionId
from chaingraph.postgres.database import Database

# In the order of the fields of Event.
READ: Final[LiteralString] = """
select index, type, (extract(epoch from occurred_at) * 1000)::bigint, data
from chaingraph.events where execution_id = %(execution_id)s and index > %(after)s
"""

OF_TYPES: Final[LiteralString] = "and type = any(%(types)s)"

IN_ORDER: Final[LiteralString] = " order by index limit %(limit)s"

HEADS: Final = """
select execution_id, next_index - 1 as last from chaingraph.progress where execution_id = any(%(executions)s)
"""


@dataclass(frozen=True, slots=True)
class Head:
    execution_id: ExecutionId
    last: EventIndex


class PostgresEventLog:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, execution_id: ExecutionId, *, after: EventIndex, limit: int) -> list[Event]:
        parameters = {"execution_id": execution_id, "after": after, "limit": limit}
        return await self._database.rows(READ + IN_ORDER, parameters, args_row(Event))

    async def read_types(
        self, execution_id: ExecutionId, *, after: EventIndex, limit: int, types: Sequence[str]
    ) -> list[Event]:
        parameters = {"execution_id": execution_id, "after": after, "limit": limit, "types": list(types)}
        return await self._database.rows(READ + OF_TYPES + IN_ORDER, parameters, args_row(Event))

    async def heads(self, executions: Collection[ExecutionId]) -> dict[ExecutionId, EventIndex]:
        found = await self._database.rows(HEADS, {"executions": list(executions)}, class_row(Head))
        return {head.execution_id: head.last for head in found}
