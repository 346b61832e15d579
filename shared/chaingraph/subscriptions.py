"""A subscription: a connection watching an execution, with a cursor."""

from dataclasses import dataclass
from enum import StrEnum

from chaingraph.ids import ConnectionId, EventIndex, ExecutionId, RequestId

DEFAULT_BATCH_SIZE = 100
DEFAULT_BATCH_TIMEOUT_MS = 25


class Snapshot(StrEnum):
    """`full`: node events carry the whole node, as ChainGraph's clients expect; `values`: as stored."""

    FULL = "full"
    VALUES = "values"


@dataclass(frozen=True, slots=True)
class Subscription:
    """`request_id` is the JSON text of the id that the client chose (`9` or `"a"`).

    `cursor` is the index of the last event consumed, filtered ones included.
    """

    connection_id: ConnectionId
    request_id: RequestId
    execution_id: ExecutionId
    event_types: frozenset[str]
    batch_size: int
    batch_timeout_ms: int
    snapshot: Snapshot
    cursor: EventIndex


def cursor_from_index(from_index: int) -> EventIndex:
    """0 also delivers `execution:created` (index −1)."""
    return EventIndex(-2 if from_index <= 0 else from_index - 1)


def cursor_after(last_event_id: int) -> EventIndex:
    return EventIndex(last_event_id)
