"""Pages of listings, newest first: `next` of one page is `before` of the following one."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from chaingraph.errors import Problem, Rejected, rejected
from chaingraph.interfaces import Page
from chaingraph.wire.values import date_text
from functions.control.queries import PageQuery


class Row(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...


def page_of(query: PageQuery) -> Page:
    """Raises Rejected when `before` is not the `next` of a page."""
    if query.before is None:
        return Page(query.limit)
    instant, row_id = _opened(query.before)
    return Page(query.limit, before=instant, before_id=row_id)


def following(rows: Sequence[Row], page: Page) -> str | None:
    """What to ask for next; None at the end."""
    if len(rows) < page.limit:
        return None
    last = rows[-1]
    return base64.urlsafe_b64encode(f"{date_text(last.created_at)}|{last.id}".encode()).decode().rstrip("=")


def _opened(before: str) -> tuple[datetime, str]:
    try:
        text = base64.urlsafe_b64decode(before + "=" * (-len(before) % 4)).decode()
        written, _, row_id = text.partition("|")
        instant = datetime.fromisoformat(written)
    except (binascii.Error, ValueError) as error:
        raise _not_a_page() from error
    if instant.tzinfo is None:
        raise _not_a_page()
    return instant, row_id


def _not_a_page() -> Rejected:
    return rejected([Problem("before", "must be the `next` of a page")])
