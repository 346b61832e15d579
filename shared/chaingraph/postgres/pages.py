"""Keyset paging: rows strictly before a place, newest first."""

from collections.abc import Mapping
from datetime import UTC, datetime

from chaingraph.interfaces import Page

END_OF_TIME = datetime.max.replace(tzinfo=UTC)


def page_parameters(page: Page) -> Mapping[str, object]:
    """The parameters of `(created_at, id) < (before, before_id)`: without an id, nothing of that instant."""
    return {
        "limit": page.limit,
        "before": page.before or END_OF_TIME,
        "before_id": page.before_id or "",
    }
