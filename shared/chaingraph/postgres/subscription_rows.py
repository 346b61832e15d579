"""Rows of subscriptions."""

from dataclasses import dataclass
from typing import Final, LiteralString

from chaingraph.ids import ConnectionId, EventIndex, ExecutionId, RequestId
from chaingraph.subscriptions import Snapshot, Subscription

COLUMNS: Final[LiteralString] = """
    s.connection_id, s.request_id, s.execution_id, s.event_types, s.batch_size, s.batch_timeout_ms,
    s.snapshot, s.cursor, s.is_started, s.is_stopping
"""

TABLE: Final[LiteralString] = " from chaingraph.subscriptions s "


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    connection_id: ConnectionId
    request_id: RequestId
    execution_id: ExecutionId
    event_types: list[str]
    batch_size: int
    batch_timeout_ms: int
    snapshot: str
    cursor: EventIndex
    is_started: bool
    is_stopping: bool


def subscription(row: SubscriptionRow) -> Subscription:
    return Subscription(
        connection_id=row.connection_id,
        request_id=row.request_id,
        execution_id=row.execution_id,
        event_types=frozenset(row.event_types),
        batch_size=row.batch_size,
        batch_timeout_ms=row.batch_timeout_ms,
        snapshot=Snapshot(row.snapshot),
        cursor=row.cursor,
    )
