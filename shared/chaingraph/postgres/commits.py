"""The one statement of a commit, put together from the parts that a batch needs, and its parameters.

The update of the execution's `progress` row is the fence: everything else selects from it. It takes the row
only from the holder of the epoch that has not given its claim back, at the index where the batch begins; a
batch that ends the slice also requires that no signal was sent which the slice has not seen.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final, LiteralString

import orjson

from chaingraph.execution.commits import Claim, Commit, SliceEnd, Waiting
from chaingraph.execution.events import Event
from chaingraph.execution.results import ResultStatus, StoredResult
from chaingraph.execution.status import is_final
from chaingraph.postgres.execution_rows import CHILDREN, array, children_parameters
from chaingraph.postgres.sessions import storable

FENCE_OPENS: Final[LiteralString] = """
with fence as (
    update chaingraph.progress
    set next_index = next_index + %(count)s,
        active_ms = active_ms + %(active_ms)s,
        error_count = error_count + %(error_count)s,
        failure_count = case when %(advances)s then 0 else failure_count end,
        updated_at = now(),
"""

# Once a node has come to an end, it is no matter any more that the last try died.
PROLONGS: Final[LiteralString] = """
        waiting = case when not %(advances)s then waiting end,
        lease_expires_at = now() + %(lease_ms)s * interval '1 millisecond'
"""

ENDS: Final[LiteralString] = """
        status = coalesce(%(status)s, status), seen_seq = %(seen_seq)s, waiting = %(waiting)s,
        wake_at = to_timestamp(%(wake_ms)s::bigint / 1000.0), worker_id = null, lease_expires_at = null,
        command = case when not %(clears)s then command end,
        command_by = case when not %(clears)s then command_by end,
        command_reason = case when not %(clears)s then command_reason end,
        error_message = coalesce(%(error_message)s, error_message),
        error_node_id = coalesce(%(error_node_id)s, error_node_id),
        workflow_run = workflow_run + %(new_runs)s,
        completed_at = case when %(closes)s then now() end
"""

FENCE_CLOSES: Final[LiteralString] = """
    where execution_id = %(execution_id)s and epoch = %(epoch)s and next_index = %(first)s
        and lease_expires_at is not null
"""

HAS_SEEN_ALL: Final[LiteralString] = """
        and signal_seq = %(seen_seq)s
"""

RETURNING: Final[LiteralString] = """
    returning execution_id as id, command, command_by, command_reason, signal_seq
)
"""

EVENTS: Final[LiteralString] = """
, logged as (
    insert into chaingraph.events (execution_id, index, type, occurred_at, data)
    select fence.id, %(first)s + event.at - 1, event.type, to_timestamp(event.ms::float8 / 1000), event.data
    from fence, rows from (
        json_array_elements_text(%(event_types)s), json_array_elements_text(%(event_times)s),
        json_array_elements(%(event_data)s)
    ) with ordinality as event (type, ms, data, at)
)
"""

RESULTS: Final[LiteralString] = """
, kept as (
    insert into chaingraph.node_results (execution_id, node_id, attempt, status, detail)
    select fence.id, result.heads->>0, (result.heads->>1)::integer, result.heads->>2, result.detail
    from fence, rows from (json_array_elements(%(result_heads)s), json_array_elements(%(result_details)s))
        as result (heads, detail)
    on conflict (execution_id, node_id) do update
    set attempt = excluded.attempt, status = excluded.status, detail = excluded.detail
)
"""

CLOSES: Final[LiteralString] = """
, closed as (
    update chaingraph.executions e set is_open = false, outputs = %(outputs)s from fence where e.id = fence.id
)
"""

# The function's lock is the last one that the transaction takes.
FREES: Final[LiteralString] = """
, freed as materialized (
    select chaingraph.free_slot(fence.id) as line_waits from fence
)
"""

REPLY: Final[LiteralString] = "select command, command_by, command_reason, signal_seq, "
KEEPS_SLOT: Final[LiteralString] = "false as has_freed_slot from fence"
FREED: Final[LiteralString] = "freed.line_waits as has_freed_slot from fence, freed"


def commit_query(claim: Claim, commit: Commit) -> LiteralString:
    """The statement for a batch of this shape: few texts, so that the server may keep a plan of each."""
    return _query(
        has_end=commit.end is not None,
        frees=commit.end is not None and claim.has_slot,
        closes=commit.end is not None and _closes(commit.end),
        has_events=bool(commit.events),
        has_results=bool(commit.results),
        has_children=bool(commit.children),
    )


@cache
def _query(
    *, has_end: bool, frees: bool, closes: bool, has_events: bool, has_results: bool, has_children: bool
) -> LiteralString:
    return (
        FENCE_OPENS
        + (ENDS if has_end else PROLONGS)
        + FENCE_CLOSES
        + (HAS_SEEN_ALL if has_end else "")
        + RETURNING
        + (EVENTS if has_events else "")
        + (RESULTS if has_results else "")
        + (CHILDREN if has_children else "")
        + (CLOSES if closes else "")
        + (FREES if frees else "")
        + REPLY
        + (FREED if frees else KEEPS_SLOT)
    )


def commit_parameters(claim: Claim, commit: Commit, lease_ms: int) -> Mapping[str, object]:
    return {
        "execution_id": claim.execution_id,
        "epoch": claim.epoch,
        "first": commit.first,
        "count": len(commit.events),
        "active_ms": commit.active_ms,
        "error_count": commit.error_count,
        "advances": any(result.status is not ResultStatus.STARTED for result in commit.results),
        "lease_ms": lease_ms,
        **(_events(commit.events) if commit.events else {}),
        **(_results(commit.results) if commit.results else {}),
        **(children_parameters(commit.children) if commit.children else {}),
        **(_end(commit.end) if commit.end else {}),
    }


def _events(events: tuple[Event, ...]) -> Mapping[str, object]:
    return {
        "event_types": orjson.dumps([event.type for event in events]),
        "event_times": orjson.dumps([event.at_ms for event in events]),
        "event_data": array(event.payload for event in events),
    }


def _results(results: tuple[StoredResult, ...]) -> Mapping[str, object]:
    # One statement may touch a row once: of a node that started and ended in this batch, the end is kept.
    newest = {result.node_id: result for result in results}.values()
    return {
        "result_heads": orjson.dumps([[result.node_id, result.attempt, result.status] for result in newest]),
        "result_details": array(result.detail for result in newest),
    }


def _end(end: SliceEnd) -> Mapping[str, object]:
    return {
        "status": end.status,
        "seen_seq": end.seen_seq,
        "clears": _closes(end) or end.takes_command is not None,
        "waiting": encoded_waiting(end.waiting) if end.waiting else None,
        "wake_ms": end.waiting.until_ms if end.waiting else None,
        "error_message": storable(end.error_message) if end.error_message is not None else None,
        "error_node_id": end.error_node_id,
        "new_runs": int(end.continues_as_new_run),
        "closes": _closes(end),
        "outputs": end.outputs,
    }


def _closes(end: SliceEnd) -> bool:
    return end.status is not None and is_final(end.status)


def encoded_waiting(waiting: Waiting) -> bytes:
    fields = {
        "kind": waiting.kind,
        "untilMs": waiting.until_ms,
        "detail": None if waiting.detail is None else storable(waiting.detail),
        "by": waiting.by,
    }
    return orjson.dumps({name: value for name, value in fields.items() if value is not None})
