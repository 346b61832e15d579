"""The history of an execution's events, by pages."""

from dataclasses import dataclass

from chaingraph.execution.events import Event
from chaingraph.execution.execution import Execution
from chaingraph.ids import EventIndex, ExecutionId
from chaingraph.interfaces import EventLog, Executions, User
from chaingraph.usecases.access import permitted_execution


@dataclass(frozen=True, slots=True)
class EventQuery:
    """At most `limit` events with an index greater than `after`; `types` empty: of every type."""

    after: EventIndex
    limit: int
    types: frozenset[str]


@dataclass(frozen=True, slots=True)
class History:
    """`following`: what to ask for next, None at the end of what is there now."""

    execution: Execution
    events: list[Event]
    following: EventIndex | None


async def read_events(
    execution_id: ExecutionId, query: EventQuery, user: User, *, executions: Executions, events: EventLog
) -> History:
    """Raises NotFound, Forbidden."""
    execution = await permitted_execution(execution_id, user, executions=executions)
    found = await _read(execution_id, query, events)
    is_full = len(found) == query.limit
    return History(execution, found, found[-1].index if is_full else None)


async def _read(execution_id: ExecutionId, query: EventQuery, events: EventLog) -> list[Event]:
    if not query.types:
        return await events.read(execution_id, after=query.after, limit=query.limit)
    return await events.read_types(
        execution_id, after=query.after, limit=query.limit, types=sorted(query.types)
    )
