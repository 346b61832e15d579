"""Keyset paging over what is in memory."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol, TypeVar

from chaingraph.interfaces import Page


class Aged(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...


Row = TypeVar("Row", bound=Aged)


def paged(rows: Iterable[Row], page: Page) -> list[Row]:
    before = (page.before, page.before_id or "") if page.before else None
    found = [row for row in rows if before is None or (row.created_at, row.id) < before]
    return sorted(found, key=lambda row: (row.created_at, row.id), reverse=True)[: page.limit]
