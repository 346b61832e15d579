"""WebSocket connections, who they belong to, what they watch, and messages to them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from chaingraph.ids import (
    ConnectionId,
    RequestId,
    UserId,
)
from chaingraph.subscriptions import Subscription


@dataclass(frozen=True, slots=True)
class User:
    id: UserId
    is_admin: bool


class Identities(Protocol):
    """Who a token belongs to."""

    async def identify(self, token: str) -> User:
        """Raises Unauthorized with the reason (expired, wrong signature, issuer or audience, no token)."""
        ...


@dataclass(frozen=True, slots=True)
class Connection:
    """`user` None: not authenticated (yet). `announces_identity`: a `connectionParams` message comes."""

    id: ConnectionId
    user: User | None
    announces_identity: bool
    connected_at: datetime


class Connections(Protocol):
    async def add(
        self, connection_id: ConnectionId, *, user: User | None, announces_identity: bool
    ) -> None: ...

    async def read(self, connection_id: ConnectionId) -> Connection:
        """Raises NotFound."""
        ...

    async def identify(self, connection_id: ConnectionId, user: User) -> None:
        """Raises NotFound."""
        ...

    async def remove(self, connection_id: ConnectionId) -> None:
        """Remove it with its subscriptions; nothing happens when it is not there."""
        ...

    async def unidentified_since(self, before: datetime, limit: int) -> list[ConnectionId]: ...

    async def opened_before(self, before: datetime, limit: int) -> list[ConnectionId]: ...


class Subscriptions(Protocol):
    """Rows that tell the relay what to deliver; a change wakes the relay after its commit."""

    async def add(self, subscription: Subscription) -> None:
        """Raises Conflict when the connection uses this request id already, NotFound when it is gone."""
        ...

    async def stop(self, connection_id: ConnectionId, request_id: RequestId) -> None:
        """Ask the relay to end it (it then sends `stopped` and removes the row). Raises NotFound."""
        ...

    async def remove(self, connection_id: ConnectionId, request_id: RequestId) -> None: ...

    async def of_connection(self, connection_id: ConnectionId) -> list[Subscription]: ...

    async def all(self) -> list[Subscription]: ...

    async def stopping(self) -> list[tuple[ConnectionId, RequestId]]:
        """Those that a client asked to end and that still have a row."""
        ...


class PostOutcome(StrEnum):
    """`UNKNOWN`: the message may have been delivered; it is never repeated."""

    POSTED = "posted"
    GONE = "gone"
    THROTTLED = "throttled"
    TOO_LARGE = "too-large"
    UNKNOWN = "unknown"


class Posts(Protocol):
    """Messages to WebSocket connections (@connections)."""

    async def post(self, connection_id: ConnectionId, message: bytes) -> PostOutcome: ...

    async def close(self, connection_id: ConnectionId) -> None:
        """Close the socket; a connection that is gone already is fine."""
        ...
