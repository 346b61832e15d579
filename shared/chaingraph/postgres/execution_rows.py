"""Rows of executions, read and written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final, LiteralString

import orjson

from chaingraph.execution.commands import Command, CommandKind, Reach
from chaingraph.execution.commits import NewChild
from chaingraph.execution.execution import Execution, ExternalEvent, NewExecution
from chaingraph.execution.options import ExecutionOptions
from chaingraph.execution.status import Status
from chaingraph.execution.waiting import SILENT, while_claimed
from chaingraph.ids import Epoch, EventIndex, ExecutionId, FlowHash, FlowId, NodeId, UserId, WorkflowRun

COLUMNS: Final[LiteralString] = """
    e.id, e.flow_id, e.flow_hash, e.owner_id, e.root_id, e.parent_id, e.depth, e.options, e.integration,
    e.external_event, e.created_at, p.status, p.command, p.command_by, p.command_reason,
    p.command_reach, p.unfinished_resume, p.epoch,
    p.next_index, p.workflow_run, p.updated_at, p.started_at, p.completed_at, p.error_message,
    p.error_node_id, p.error_count, p.failure_count, p.active_ms, p.waiting,
    e.inputs is not null as is_called,
    p.lease_expires_at is not null as is_claimed, coalesce(p.lease_expires_at < now(), false) as is_overdue
"""

TABLES: Final[LiteralString] = (
    " from chaingraph.executions e join chaingraph.progress p on p.execution_id = e.id "
)

# What is inserted with the row of `fence`. Values are cut from arrays, for the server must not decode them.
CHILDREN: Final[LiteralString] = """
, given as (
    select
        child.heads->>0 as id, child.heads->>1 as flow_id, child.heads->>2 as flow_hash,
        child.heads->>3 as owner_id, child.heads->>4 as root_id, child.heads->>5 as parent_id,
        (child.heads->>6)::integer as depth, (child.heads->>7)::float8 as created_ms, child.options,
        child.integration, child.external_event, child.created,
        case when (child.heads->>8)::boolean then child.inputs end as inputs
    from fence, rows from (
        json_array_elements(%(child_heads)s), json_array_elements(%(child_options)s),
        json_array_elements(%(child_integrations)s), json_array_elements(%(child_events)s),
        json_array_elements(%(child_created)s), json_array_elements(%(child_inputs)s)
    ) as child (heads, options, integration, external_event, created, inputs)
), born as (
    insert into chaingraph.executions (
        id, flow_id, flow_hash, owner_id, root_id, parent_id, depth, options, integration, external_event,
        inputs, tells_caller
    )
    select id, flow_id, flow_hash, owner_id, root_id, parent_id, depth, options, integration, external_event,
        inputs, inputs is not null
    from given
    on conflict (id) do nothing
    returning id
), born_progress as (
    insert into chaingraph.progress (execution_id) select id from born
), born_events as (
    insert into chaingraph.events (execution_id, index, type, occurred_at, data)
    select given.id, -1, 'execution:created', to_timestamp(given.created_ms / 1000), given.created
    from given join born on born.id = given.id
)
"""


@dataclass(frozen=True, slots=True)
class ExecutionRow:
    id: ExecutionId
    flow_id: FlowId
    flow_hash: FlowHash
    owner_id: UserId
    root_id: ExecutionId
    parent_id: ExecutionId | None
    depth: int
    options: bytes
    integration: bytes
    external_event: bytes | None
    created_at: datetime
    status: str
    command: str | None
    command_by: UserId | None
    command_reason: str | None
    command_reach: str
    unfinished_resume: int | None
    epoch: Epoch
    next_index: EventIndex
    workflow_run: WorkflowRun
    updated_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    error_message: str | None
    error_node_id: NodeId | None
    error_count: int
    failure_count: int
    active_ms: int
    waiting: bytes | None
    is_claimed: bool
    is_called: bool
    is_overdue: bool


# Of one that is running: why it is paused is not forgotten when a slice dies.
DIED_SILENTLY: Final = orjson.dumps({"kind": "retrying", "detail": SILENT})

TRANSLATED: Final = {"options", "integration", "external_event", "status", "command", "reach", "waiting"}

AS_STORED: Final = tuple(field.name for field in fields(Execution) if field.name not in TRANSLATED)


def shown(row: ExecutionRow) -> Execution:
    """As its owner sees it, which may be unlike what is stored while somebody works on it, or died."""
    if row.is_overdue:
        return execution(row, DIED_SILENTLY)
    stored = execution(row, row.waiting)
    return replace(stored, waiting=while_claimed(stored.waiting)) if row.is_claimed else stored


def execution(row: ExecutionRow, waiting: bytes | None) -> Execution:
    reach = Reach(row.command_reach)
    as_stored: dict[str, Any] = {name: getattr(row, name) for name in AS_STORED}
    return Execution(
        **as_stored,
        options=ExecutionOptions.model_validate_json(row.options),
        integration=orjson.loads(row.integration),
        external_event=_external_event(row.external_event),
        status=Status(row.status),
        command=command(row.command, row.command_by, row.command_reason, reach),
        reach=reach,
        waiting=orjson.loads(waiting) if waiting else None,
    )


def command(
    kind: str | None, by: UserId | None, reason: str | None, reach: Reach = Reach.ALONE
) -> Command | None:
    if kind is None or by is None or reason is None:
        return None
    return Command(CommandKind(kind), by, reason, reach)


def execution_parameters(new: NewExecution) -> Mapping[str, object]:
    """The named parameters of one inserted row."""
    return {
        "id": new.id,
        "flow_id": new.flow_id,
        "flow_hash": new.flow_hash,
        "owner_id": new.owner_id,
        "root_id": new.root_id,
        "parent_id": new.parent_id,
        "depth": new.depth,
        "options": _options(new),
        "integration": orjson.dumps(new.integration),
        "external_event": _encoded_external_event(new),
    }


def children_parameters(children: Iterable[NewChild]) -> Mapping[str, object]:
    """The named parameters of CHILDREN: one JSON array a column."""
    born = tuple(children)
    return {
        "child_heads": orjson.dumps([_head(child) for child in born]),
        "child_options": array(_options(child.execution) for child in born),
        "child_integrations": orjson.dumps([child.execution.integration for child in born]),
        "child_events": array(_encoded_external_event(child.execution) for child in born),
        "child_inputs": orjson.dumps([child.execution.inputs for child in born]),
        "child_created": array(child.created.payload for child in born),
    }


def array(elements: Iterable[bytes]) -> bytes:
    """A JSON array of what is encoded already."""
    return b"[" + b",".join(elements) + b"]"


def _head(child: NewChild) -> list[object]:
    new = child.execution
    return [
        new.id,
        new.flow_id,
        new.flow_hash,
        new.owner_id,
        new.root_id,
        new.parent_id,
        new.depth,
        child.created.at_ms,
        new.inputs is not None,
    ]


def _options(new: NewExecution) -> bytes:
    return new.options.model_dump_json(by_alias=True).encode()


def _encoded_external_event(new: NewExecution) -> bytes:
    event = new.external_event
    return orjson.dumps({"name": event.name, "payload": event.payload} if event else None)


def _external_event(encoded: bytes | None) -> ExternalEvent | None:
    found = orjson.loads(encoded) if encoded else None
    return ExternalEvent(found["name"], found["payload"]) if found else None
