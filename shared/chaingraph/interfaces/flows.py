"""Flow documents, and paging through rows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chaingraph.ids import (
    FlowId,
    UserId,
)


@dataclass(frozen=True, slots=True)
class StoredFlow:
    """A flow's current document (encoded JSON, as it was stored) and its row."""

    id: FlowId
    owner_id: UserId
    name: str
    version: int
    document: bytes
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class FlowSummary:
    id: FlowId
    owner_id: UserId
    name: str
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """Keyset paging, newest first: rows strictly before (`before`, `before_id`), at most `limit`."""

    limit: int
    before: datetime | None = None
    before_id: str | None = None


class Flows(Protocol):
    """Flow documents, with an optimistic version."""

    async def create(self, flow_id: FlowId, *, owner_id: UserId, name: str, document: bytes) -> StoredFlow:
        """Store a new flow with version 1. Raises Conflict when the id is taken."""
        ...

    async def read(self, flow_id: FlowId) -> StoredFlow:
        """Raises NotFound."""
        ...

    async def list_of(self, owner_id: UserId | None, page: Page) -> list[FlowSummary]:
        """An owner's flows (None: everybody's), newest first."""
        ...

    async def update(self, flow_id: FlowId, *, version: int, name: str, document: bytes) -> StoredFlow:
        """Replace the document if `version` is current, and raise it by one. Raises NotFound, Conflict."""
        ...

    async def delete(self, flow_id: FlowId) -> None:
        """Raises NotFound. Executions keep their pinned copy."""
        ...
