"""The rows of executions, seen from outside: every change is a compare-and-set of one row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, LiteralString

import orjson
from psycopg.rows import class_row, scalar_row

from chaingraph.errors import Conflict, NotFound, Unavailable
from chaingraph.execution.calls import CallEnd, PinnedFlow
from chaingraph.execution.commands import Command
from chaingraph.execution.commits import NewChild
from chaingraph.execution.events import Event
from chaingraph.execution.execution import Execution, NewExecution
from chaingraph.execution.status import Status
from chaingraph.graph.outside import CallFailed, Returned
from chaingraph.ids import ExecutionId, FlowHash, FlowId, NodeId, UserId
from chaingraph.interfaces import CallableFlow, Created, Idempotency, Keyed, Page, RootExecution
from chaingraph.postgres.changes import (
    CLEAR_BREAKPOINT,
    COMMAND,
    FINISH_RESUME,
    PARTICIPLES,
    SET_BREAKPOINT,
    START,
    Change,
    not_found,
    require_change,
)
from chaingraph.postgres.database import Database
from chaingraph.postgres.execution_rows import (
    CHILDREN,
    COLUMNS,
    TABLES,
    ExecutionRow,
    array,
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

# A statement of its own, before the other. One that is there becomes young again: only old ones are deleted.
PIN: Final = """
insert into chaingraph.flow_snapshots (hash, document)
select pinned.hash, pinned.document
from rows from (
    json_array_elements_text(%(callable_hashes)s), json_array_elements(%(callable_documents)s)
) as pinned (hash, document)
on conflict (hash) do update set created_at = now()
"""

CALLABLE: Final[LiteralString] = """
, callable as (
    insert into chaingraph.callable_flows (root_id, flow_id, flow_hash, metadata)
    select fence.id, pinned.heads->>0, pinned.heads->>1, pinned.metadata
    from fence, rows from (
        json_array_elements(%(callable_heads)s), json_array_elements(%(callable_metadata)s)
    ) as pinned (heads, metadata)
)
"""

CALLABLE_FLOWS: Final = """
select flow_id, flow_hash, metadata from chaingraph.callable_flows where root_id = %(root_id)s
"""

CALL_ENDS: Final = """
select e.id, p.status, p.error_message, e.outputs
from chaingraph.executions e join chaingraph.progress p on p.execution_id = e.id
where e.parent_id = %(parent_id)s and e.inputs is not null and p.status in ('completed', 'failed', 'stopped')
"""

TOLD: Final = "update chaingraph.executions set tells_caller = false where id = %(id)s and tells_caller"

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


@dataclass(frozen=True, slots=True)
class Existing:
    id: ExecutionId
    request_hash: str | None


@dataclass(frozen=True, slots=True)
class RootRow(ExecutionRow):
    levels: int
    total_nested: int


@dataclass(frozen=True, slots=True)
class CallableRow:
    flow_id: FlowId
    flow_hash: FlowHash
    metadata: bytes


@dataclass(frozen=True, slots=True)
class CallEndRow:
    id: ExecutionId
    status: str
    error_message: str | None
    outputs: bytes | None


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
        callable_flows: Sequence[CallableFlow] = (),
    ) -> Created:
        called = _callable_parameters(callable_flows)
        if callable_flows:
            await self._database.run(PIN, called)
        parameters = {
            **called,
            **_creation_parameters(new, document, created, idempotency),
            **(children_parameters(children) if children else {}),
        }
        query = CREATE + (CHILDREN if children else "") + (CALLABLE if callable_flows else "") + CREATED
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
            raise not_found(execution_id)
        return shown(row)

    async def start(self, execution_id: ExecutionId) -> None:
        change = await self._database.row(START, {"id": execution_id}, class_row(Change))
        require_change(change, execution_id, "started")

    async def command(self, execution_id: ExecutionId, command: Command) -> None:
        parameters = {
            "id": execution_id,
            "kind": command.kind,
            "by": command.by,
            "reason": storable(command.reason),
            "reach": command.reach,
        }
        change = await self._database.row(COMMAND, parameters, class_row(Change))
        require_change(change, execution_id, PARTICIPLES[command.kind])

    async def finish_resume(self, execution_id: ExecutionId, number: int) -> None:
        await self._database.run(FINISH_RESUME, {"id": execution_id, "number": number})

    async def set_breakpoint(self, execution_id: ExecutionId, node_id: NodeId) -> None:
        await self._change_breakpoints(SET_BREAKPOINT, execution_id, node_id)

    async def clear_breakpoint(self, execution_id: ExecutionId, node_id: NodeId) -> None:
        await self._change_breakpoints(CLEAR_BREAKPOINT, execution_id, node_id)

    async def _change_breakpoints(
        self, query: LiteralString, execution_id: ExecutionId, node_id: NodeId
    ) -> None:
        parameters = {"id": execution_id, "node_id": node_id}
        change = await self._database.row(query, parameters, class_row(Change))
        require_change(change, execution_id, "given other breakpoints")

    async def tree(self, root_id: ExecutionId) -> list[Execution]:
        rows = await self._database.rows(TREE, {"root_id": root_id}, class_row(ExecutionRow))
        return [shown(row) for row in rows]

    async def children(self, parent_id: ExecutionId) -> list[Execution]:
        rows = await self._database.rows(CHILDREN_OF, {"parent_id": parent_id}, class_row(ExecutionRow))
        return [shown(row) for row in rows]

    async def callable_flows(self, root_id: ExecutionId) -> Mapping[FlowId, PinnedFlow]:
        rows = await self._database.rows(CALLABLE_FLOWS, {"root_id": root_id}, class_row(CallableRow))
        return {
            row.flow_id: PinnedFlow(row.flow_id, row.flow_hash, orjson.loads(row.metadata)) for row in rows
        }

    async def call_ends(self, parent_id: ExecutionId) -> Mapping[ExecutionId, CallEnd]:
        rows = await self._database.rows(CALL_ENDS, {"parent_id": parent_id}, class_row(CallEndRow))
        return {row.id: _call_end(row) for row in rows}

    async def told(self, child_id: ExecutionId) -> None:
        await self._database.run(TOLD, {"id": child_id})

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


def _creation_parameters(
    new: NewExecution, document: bytes, created: Event, idempotency: Idempotency | None
) -> Mapping[str, object]:
    return {
        **execution_parameters(new),
        **created._asdict(),
        "data": created.payload,
        "document": document,
        "idempotency_key": idempotency.key if idempotency else None,
        "request_hash": idempotency.request_hash if idempotency else None,
    }


def _callable_parameters(callable_flows: Sequence[CallableFlow]) -> Mapping[str, object]:
    pinned = [callable_flow.pinned for callable_flow in callable_flows]
    documents = {flow.pinned.flow_hash: flow.document for flow in callable_flows}
    return {
        "callable_heads": orjson.dumps([[flow.flow_id, flow.flow_hash] for flow in pinned]),
        "callable_metadata": orjson.dumps([flow.metadata for flow in pinned]),
        "callable_hashes": orjson.dumps(list(documents)),
        "callable_documents": array(documents.values()),
    }


def _call_end(row: CallEndRow) -> CallEnd:
    if Status(row.status) is Status.COMPLETED:
        return Returned(orjson.loads(row.outputs) if row.outputs else {})
    return CallFailed(row.error_message or row.status)


def _created_before(existing: Existing, new: NewExecution, idempotency: Idempotency | None) -> Created:
    """The row is there: made by this call before its answer was lost, or by one with the same key."""
    if existing.request_hash != (idempotency.request_hash if idempotency else None):
        raise Conflict("the idempotency key was used with another request")
    return Created(existing.id, is_new=existing.id == new.id)
