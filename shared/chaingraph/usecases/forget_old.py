"""Delete what is kept of executions that ended long ago: a bounded piece of it, the next call goes on."""

from typing import Final

from chaingraph.interfaces import History

EVENTS_AT_ONCE: Final = 5_000
MOST_BATCHES: Final = 10
DOCUMENTS_AT_ONCE: Final = 100


async def forget_events(*, older_than_ms: int, history: History) -> int:
    """How many events were deleted; where none is left of an execution, its results are deleted, too."""
    events = 0
    for _ in range(MOST_BATCHES):
        deleted = await history.forget_events(older_than_ms=older_than_ms, limit=EVENTS_AT_ONCE)
        events += deleted
        if deleted < EVENTS_AT_ONCE:
            break
    return events


async def forget_documents(*, older_than_ms: int, history: History) -> int:
    """How many documents were deleted that no execution needs any more."""
    return await history.forget_documents(older_than_ms=older_than_ms, limit=DOCUMENTS_AT_ONCE)
