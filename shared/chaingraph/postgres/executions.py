"""The rows of executions, seen from outside: every change is a compare-and-set of one row."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, LiteralString

from psycopg.rows import class_row, scalar_row

from chaingraph.errors import Conflict, NotFound, Unavailable, WrongStatus
from chaingraph.execution.commands import Command
from chaingraph.execution.commits import NewChild
from chaingraph.execution.events import Event
from chaingraph.execution.execution import Execution, NewExecution
from chaingraph.execution.status import Status
from chaingraph.ids import ExecutionId, FlowHash, FlowId, NodeId, UserId
from chaingraph.interfaces import Created, Idempotency, Keyed, Page, RootExecution
from chaingraph.postgres.database import Database
from chaingraph.postgres.execution_rows import (
    CHILDREN,
    COLUMNS,
    TABLES,
    ExecutionRow,
    children_parameters,
    execution_parameters,
    shown,
)
from chaingraph.postgres.pages import page_parameters
from chaingraph.postgres.sessions import storable

# A document that is there stays, because its row is locked against those who delete unused ones.
CREATE: Final[LiteralString] = """
with pinned as (
    insert into chaingraph.flow_snapshots (hash, document) values (%(flow_hash)s, %(document)s)
    on conflict (hash) do nothing returning hash
), kept as (
    select hash from chaingraph.flow_snapshots where hash = %(flow_hash)s for key share
), fence as (
    insert into chaingraph.executions (
        id, flow_id, flow_hash, owner_id, root_id, parent_id, depth, options, integration, external_event,
        idempotency_key, request_hash
    )
    select
        %(id)s, %(flow_id)s, hash, %(owner_id)s, %(root_id)s, %(parent_id)s, %(depth)s, %(options)s::json,
        %(integration)s::json, %(external_event)s::json, %(idempotency_key)s, %(request_hash)s
    from (select hash from pinned union all select hash from kept limit 1) document
    on conflict do nothing
    returning id
), progressing as (
    insert into chaingraph.progress (execution_id) select id from fence
), logged as (
    insert into chaingraph.events (execution_id, index, type, occurred_at, data)
    select id, %(index)s, %(type)s, to_timestamp(%(at_ms)s / 1000.0), %(data)s from fence
)
"""

CREATED: Final[LiteralString] = " select id from fence"

CREATE_ATTEMPTS: Final = 5

EXISTING: Final = """
select id, request_hash from chaingraph.executions
where id = %(id)s or (owner_id = %(owner_id)s and idempotency_key = %(idempotency_key)s)
order by id = %(id)s desc limit 1
"""

KEYED: Final = """
select id as execution_id, request_hash from chaingraph.executions
where owner_id = %(owner_id)s and idempotency_key = %(key)s
"""

READ: Final[LiteralString] = "select" + COLUMNS + TABLES + "where e.id = %(id)s"

TREE: Final[LiteralString] = (
    "select" + COLUMNS + TABLES + "where e.root_id = %(root_id)s order by e.depth, e.id"
)

CHILDREN_OF: Final[LiteralString] = (
    "select" + COLUMNS + TABLES + "where e.parent_id = %(parent_id)s order by e.created_at, e.id"
)

TREE_SIZE: Final[LiteralString] = """
cross join lateral (
    select max(depth) as levels, count(*) as total_nested from chaingraph.executions where root_id = e.id
) tree
"""

ROOTS_OF: Final[LiteralString] = """
where e.flow_id = %(flow_id)s and e.depth = 0 and (e.created_at, e.id) < (%(before)s, %(before_id)s)
order by e.created_at desc, e.id desc limit %(limit)s
"""

ROOTS: Final[LiteralString] = (
    "select" + COLUMNS + ", tree.levels, tree.total_nested" + TABLES + TREE_SIZE + ROOTS_OF
)

LIST: Final[LiteralString] = "select" + COLUMNS + TABLES + "where "

# Not "is null or": a kept plan could not use the index of the owner.
OF_OWNER: Final[LiteralString] = "e.owner_id = %(owner_id)s and "

IN_STATUS: Final[LiteralString] = "p.status = %(status)s and "

LIST_PAGE: Final[LiteralString] = """
(e.created_at, e.id) < (%(before)s, %(before_id)s) order by e.created_at desc, e.id desc limit %(limit)s
"""

PINNED: Final = "select document from chaingraph.flow_snapshots where hash = %(hash)s"

START: Final = """
with previous as (
    select execution_id, status, command from chaingraph.progress
    where execution_id = %(id)s for no key update
), changed as (
    update chaingraph.progress p
    set status = 'running', started_at = now(), signal_seq = signal_seq + 1, updated_at = now()
    from previous
    where p.execution_id = previous.execution_id and p.status = 'created' and p.command is null
    returning p.execution_id
)
select status, command, exists (select from changed) as is_changed from previous
"""

# A resume that meets a pause which is not yet obeyed clears it: there is nothing left to obey.
COMMAND: Final = """
with previous as (
    select execution_id, status, command from chaingraph.progress
    where execution_id = %(id)s for no key update
), allowed as (
    select execution_id, status = 'running' and %(kind)s = 'resume' as clears from previous
    where case %(kind)s::text
        when 'stop' then status in ('created', 'running', 'paused') and command is distinct from 'stop'
        when 'pause' then status = 'running' and command is null
        when 'resume' then status = 'paused' and command is null or status = 'running' and command = 'pause'
        else status = 'paused' and command is null
    end
), changed as (
    update chaingraph.progress p
    set command = case when not clears then %(kind)s end,
        command_by = case when not clears then %(by)s end,
        command_reason = case when not clears then %(reason)s end,
        command_reach = case when %(kind)s in ('stop', 'pause') then %(reach)s else 'alone' end,
        signal_seq = signal_seq + 1, updated_at = now()
    from allowed
    where p.execution_id = allowed.execution_id
    returning p.execution_id
)
select status, command, exists (select from changed) as is_changed from previous
"""


# The options are read by every slice; the signal makes one that runs look at them again. The rows are locked
# in the order in which a commit that closes an execution locks them.
BREAKPOINTS_BEFORE: Final[LiteralString] = """
with previous as (
    select execution_id, status, command from chaingraph.progress
    where execution_id = %(id)s for no key update
), open as (
    select execution_id from previous where status in ('created', 'running', 'paused')
), listed as (
    update chaingraph.executions e
    set options = jsonb_set(options::jsonb, '{breakpoints}', """
BREAKPOINTS_AFTER: Final[LiteralString] = """)::json
    from open where e.id = open.execution_id
), changed as (
    update chaingraph.progress p set signal_seq = signal_seq + 1, updated_at = now()
    from open where p.execution_id = open.execution_id
    returning p.execution_id
)
select status, command, exists (select from changed) as is_changed from previous
"""
WITHOUT_NODE: Final[LiteralString] = "(coalesce(options::jsonb->'breakpoints', '[]') - %(node_id)s::text)"
SET_BREAKPOINT: Final[LiteralString] = (
    BREAKPOINTS_BEFORE + WITHOUT_NODE + " || to_jsonb(%(node_id)s::text)" + BREAKPOINTS_AFTER
)
CLEAR_BREAKPOINT: Final[LiteralString] = BREAKPOINTS_BEFORE + WITHOUT_NODE + BREAKPOINTS_AFTER


@dataclass(frozen=True, slots=True)
class Existing:
    id: ExecutionId
    request_hash: str | None


@dataclass(frozen=True, slots=True)
class RootRow(ExecutionRow):
    levels: int
    total_nested: int


@dataclass(frozen=True, slots=True)
class Change:
    """What the row was before, and whether it was changed."""

    status: str
    command: str | None
    is_changed: bool


class PostgresExecutions:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self,
        new: NewExecution,
        *,
        document: bytes,
        created: Event,
        idempotency: Idempotency | None,
        children: Sequence[NewChild] = (),
    ) -> Created:
        parameters = {
            **execution_parameters(new),
            **created._asdict(),
            "data": created.payload,
            "document": document,
            "idempotency_key": idempotency.key if idempotency else None,
            "request_hash": idempotency.request_hash if idempotency else None,
            **(children_parameters(children) if children else {}),
        }
        query = CREATE + (CHILDREN if children else "") + CREATED
        for _ in range(CREATE_ATTEMPTS):
            if await self._database.row(query, parameters, scalar_row):
                return Created(new.id, is_new=True)
            if existing := await self._existing(new, idempotency):
                return _created_before(existing, new, idempotency)
        raise Unavailable("the flow's document comes and goes")

    async def keyed(self, owner_id: UserId, key: str) -> Keyed | None:
        return await self._database.row(KEYED, {"owner_id": owner_id, "key": key}, class_row(Keyed))

    async def read(self, execution_id: ExecutionId) -> Execution:
        row = await self._database.row(READ, {"id": execution_id}, class_row(ExecutionRow))
        if row is None:
            raise _not_found(execution_id)
        return shown(row)

    async def start(self, execution_id: ExecutionId) -> None:
        change = await self._database.row(START, {"id": execution_id}, class_row(Change))
        _check(change, execution_id, "started")

    async def command(self, execution_id: ExecutionId, command: Command) -> None:
        parameters = {
            "id": execution_id,
            "kind": command.kind,
            "by": command.by,
            "reason": storable(command.reason),
            "reach": command.reach,
        }
        change = await self._database.row(COMMAND, parameters, class_row(Change))
        _check(change, execution_id, PARTICIPLES[command.kind])

    async def set_breakpoint(self, execution_id: ExecutionId, node_id: NodeId) -> None:
        await self._change_breakpoints(SET_BREAKPOINT, execution_id, node_id)

    async def clear_breakpoint(self, execution_id: ExecutionId, node_id: NodeId) -> None:
        await self._change_breakpoints(CLEAR_BREAKPOINT, execution_id, node_id)

    async def _change_breakpoints(
        self, query: LiteralString, execution_id: ExecutionId, node_id: NodeId
    ) -> None:
        parameters = {"id": execution_id, "node_id": node_id}
        change = await self._database.row(query, parameters, class_row(Change))
        _check(change, execution_id, "given other breakpoints")

    async def tree(self, root_id: ExecutionId) -> list[Execution]:
        rows = await self._database.rows(TREE, {"root_id": root_id}, class_row(ExecutionRow))
        return [shown(row) for row in rows]

    async def children(self, parent_id: ExecutionId) -> list[Execution]:
        rows = await self._database.rows(CHILDREN_OF, {"parent_id": parent_id}, class_row(ExecutionRow))
        return [shown(row) for row in rows]

    async def roots(self, flow_id: FlowId, page: Page) -> list[RootExecution]:
        parameters = {"flow_id": flow_id, **page_parameters(page)}
        rows = await self._database.rows(ROOTS, parameters, class_row(RootRow))
        return [RootExecution(shown(row), row.levels, row.total_nested) for row in rows]

    async def list_of(self, owner_id: UserId | None, page: Page, status: Status | None) -> list[Execution]:
        query = LIST + (OF_OWNER if owner_id else "") + (IN_STATUS if status else "") + LIST_PAGE
        parameters = {"owner_id": owner_id, "status": status, **page_parameters(page)}
        return [shown(row) for row in await self._database.rows(query, parameters, class_row(ExecutionRow))]

    async def pinned_document(self, flow_hash: FlowHash) -> bytes:
        document: bytes | None = await self._database.row(PINNED, {"hash": flow_hash}, scalar_row)
        if document is None:
            raise NotFound(f"there is no pinned flow {flow_hash}")
        return document

    async def _existing(self, new: NewExecution, idempotency: Idempotency | None) -> Existing | None:
        """None: the document came or was deleted at the same moment."""
        parameters = {
            "id": new.id,
            "owner_id": new.owner_id,
            "idempotency_key": idempotency.key if idempotency else None,
        }
        return await self._database.row(EXISTING, parameters, class_row(Existing))


def _created_before(existing: Existing, new: NewExecution, idempotency: Idempotency | None) -> Created:
    """The row is there: made by this call before its answer was lost, or by one with the same key."""
    if existing.request_hash != (idempotency.request_hash if idempotency else None):
        raise Conflict("the idempotency key was used with another request")
    return Created(existing.id, is_new=existing.id == new.id)


PARTICIPLES: Final = {
    "stop": "stopped",
    "pause": "paused",
    "resume": "resumed",
    "step": "stepped",
    "stepOver": "stepped",
}


def _check(change: Change | None, execution_id: ExecutionId, participle: str) -> None:
    if change is None:
        raise _not_found(execution_id)
    if not change.is_changed:
        pending = f" and has a pending {change.command}" if change.command else ""
        raise WrongStatus(
            f"execution {execution_id} is {change.status}{pending}: it cannot be {participle} now"
        )


def _not_found(execution_id: ExecutionId) -> NotFound:
    return NotFound(f"there is no execution {execution_id}")
