"""The history of an execution's events, by pages; each event as it was encoded once."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from chaingraph.execution.events import Event
from chaingraph.execution.execution import Execution
from chaingraph.ids import EventIndex, ExecutionId
from chaingraph.interfaces import EventLog, Executions, User
from chaingraph.subscriptions import Snapshot
from chaingraph.usecases.access import permitted_execution
from chaingraph.usecases.checked_flows import CheckedFlows
from chaingraph.wire.event_messages import EncodedEvent, encode_event, stored_envelope
from chaingraph.wire.snapshots import Snapshots

# Below what a function may answer.
MAX_PAGE_BYTES: Final = 4 * 1024 * 1024
READ_AT_ONCE: Final = 1000
BEFORE_THE_FIRST: Final = EventIndex(-2)


@dataclass(frozen=True, slots=True)
class EventQuery:
    """At most `limit` events with an index greater than `after`; `types` empty: of every type."""

    after: EventIndex
    limit: int
    types: frozenset[str]
    snapshot: Snapshot

    def asks_for(self, event: Event) -> bool:
        return event.index > self.after and (not self.types or event.type in self.types)


@dataclass(slots=True)
class EventPage:
    query: EventQuery
    events: list[EncodedEvent] = field(default_factory=list[EncodedEvent])
    size: int = 0

    def add(self, event: EncodedEvent) -> None:
        self.events.append(event)
        self.size += len(event.json)

    @property
    def is_full(self) -> bool:
        return len(self.events) >= self.query.limit or self.size >= MAX_PAGE_BYTES

    @property
    def following(self) -> EventIndex | None:
        """What to ask for next; None at the end of what is there now."""
        return self.events[-1].index if self.is_full else None


async def read_events(
    execution_id: ExecutionId,
    query: EventQuery,
    user: User,
    *,
    executions: Executions,
    event_log: EventLog,
    checked_flows: CheckedFlows,
) -> EventPage:
    """Raises NotFound, Forbidden."""
    execution = await permitted_execution(execution_id, user, executions=executions)
    if query.snapshot is Snapshot.VALUES:
        return await _as_stored(execution, query, event_log)
    document = await executions.pinned_document(execution.flow_hash)
    snapshots = Snapshots(checked_flows.flow(document).document)
    return await _expanded(execution, query, event_log, snapshots)


async def _as_stored(execution: Execution, query: EventQuery, event_log: EventLog) -> EventPage:
    page = EventPage(query)
    for event in await _read(execution.id, query, event_log):
        page.add(encode_event(event, stored_envelope(event)))
        if page.is_full:
            break
    return page


async def _read(execution_id: ExecutionId, query: EventQuery, event_log: EventLog) -> list[Event]:
    if not query.types:
        return await event_log.read(execution_id, after=query.after, limit=query.limit)
    return await event_log.read_types(
        execution_id, after=query.after, limit=query.limit, types=sorted(query.types)
    )


async def _expanded(
    execution: Execution, query: EventQuery, event_log: EventLog, snapshots: Snapshots
) -> EventPage:
    """A node's snapshot is the sum of all its events: they are read from the first one on."""
    page = EventPage(query)
    async for event in _all_events(execution.id, event_log):
        if not query.asks_for(event):
            snapshots.fold(event)
            continue
        page.add(encode_event(event, snapshots.expand(event)))
        if page.is_full:
            break
    return page


async def _all_events(execution_id: ExecutionId, event_log: EventLog) -> AsyncIterator[Event]:
    after, is_last = BEFORE_THE_FIRST, False
    while not is_last:
        events = await event_log.read(execution_id, after=after, limit=READ_AT_ONCE)
        for event in events:
            yield event
        is_last = len(events) < READ_AT_ONCE
        after = events[-1].index if events else after
