"""What is kept of executions that have ended."""

from typing import Protocol


class History(Protocol):
    """Ages are measured by the database's clock. The rows of executions stay; safe to call twice at once."""

    async def forget_events(self, *, older_than_ms: int, limit: int) -> int:
        """Delete events, and where all are gone the results, of executions that ended longer ago than that.

        How many events were deleted; fewer than the limit: nothing is left to delete.
        """
        ...

    async def forget_documents(self, *, older_than_ms: int, limit: int) -> int:
        """Delete pinned documents older than that which no execution needs any more."""
        ...
