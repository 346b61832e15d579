"""Events: immutable facts in an execution's log, encoded once when they are made.

`data` is stored compactly: a node event carries the values that changed, not the whole node.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from chaingraph.ids import EventIndex, ExecutionId

CREATED_INDEX = EventIndex(-1)


class EventType(StrEnum):
    EXECUTION_CREATED = "execution:created"
    FLOW_SUBSCRIBED = "flow:subscribed"
    FLOW_STARTED = "flow:started"
    FLOW_COMPLETED = "flow:completed"
    FLOW_FAILED = "flow:failed"
    FLOW_CANCELLED = "flow:cancelled"
    FLOW_PAUSED = "flow:paused"
    FLOW_RESUMED = "flow:resumed"
    NODE_STARTED = "node:started"
    NODE_COMPLETED = "node:completed"
    NODE_FAILED = "node:failed"
    NODE_SKIPPED = "node:skipped"
    NODE_STATUS_CHANGED = "node:status-changed"
    NODE_DEBUG_LOG = "node:debug-log-string"
    EDGE_TRANSFER_STARTED = "edge:transfer-started"
    EDGE_TRANSFER_COMPLETED = "edge:transfer-completed"
    EDGE_TRANSFER_FAILED = "edge:transfer-failed"
    CHILD_SPAWNED = "child:spawned"
    CHILD_COMPLETED = "child:completed"
    CHILD_FAILED = "child:failed"
    CALLBACK_OPENED = "callback:opened"
    BREAKPOINT_HIT = "debug:breakpoint-hit"
    STREAM_CHUNK = "stream:chunk"


FINAL_EVENT_TYPES = frozenset({EventType.FLOW_COMPLETED, EventType.FLOW_FAILED, EventType.FLOW_CANCELLED})


class Event(NamedTuple):
    """One event as it is stored. `at_ms`: epoch milliseconds; `payload`: an encoded JSON object."""

    index: EventIndex  # pyright: ignore[reportIncompatibleMethodOverride] - word of the wire
    type: str
    at_ms: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event together with the execution whose log it stands in."""

    execution_id: ExecutionId
    event: Event
