"""The line of executions that wait for a slot. What decides is in functions of the database."""

from typing import Final

from psycopg.rows import class_row, scalar_row

from chaingraph.execution.slots import LineReport, SlotLimits
from chaingraph.ids import ExecutionId
from chaingraph.postgres.database import Database

CALL_NEXT: Final = "select chaingraph.call_next(%(in_all)s::integer, %(of_owner)s::integer)"

PLACE: Final = """
with line as (
    select w.execution_id, w.place, coalesce(t.served, 0) as served,
        row_number() over (partition by w.owner_id order by w.place) as turn
    from chaingraph.waiting_line w left join chaingraph.line_turns t on t.owner_id = w.owner_id
), places as (
    select execution_id, row_number() over (order by turn, served, place) as place from line
)
select place from places where execution_id = %(execution_id)s
"""

REPORT: Final = """
select
    (select count(*) from chaingraph.slots) as running, count(*) as length,
    coalesce(extract(epoch from now() - min(joined_at)) * 1000, 0)::bigint as oldest_ms
from chaingraph.waiting_line
"""


class PostgresQueue:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def call_next(self, limits: SlotLimits) -> list[ExecutionId]:
        return await self._database.rows(CALL_NEXT, slot_parameters(limits), scalar_row)

    async def place(self, execution_id: ExecutionId) -> int | None:
        return await self._database.row(PLACE, {"execution_id": execution_id}, scalar_row)

    async def report(self) -> LineReport:
        report = await self._database.row(REPORT, {}, class_row(LineReport))
        return report or LineReport(running=0, length=0, oldest_ms=0)


def slot_parameters(limits: SlotLimits) -> dict[str, object]:
    return {"in_all": limits.in_all, "of_owner": limits.of_owner}
