"""What the relay reads and keeps."""

from collections.abc import AsyncGenerator, Collection
from dataclasses import dataclass
from typing import Protocol

from chaingraph.ids import (
    ConnectionId,
    Epoch,
    EventIndex,
    ExecutionId,
    WorkerId,
)
from chaingraph.subscriptions import Subscription


@dataclass(frozen=True, slots=True)
class EventsWakeUp:
    execution_id: ExecutionId
    last: EventIndex


@dataclass(frozen=True, slots=True)
class SubscriptionWakeUp:
    connection_id: ConnectionId


@dataclass(frozen=True, slots=True)
class Reconnected:
    """The wake-ups were interrupted: some may be lost, look at everything."""


WakeUp = EventsWakeUp | SubscriptionWakeUp | Reconnected


class WakeUps(Protocol):
    def listen(self) -> AsyncGenerator[WakeUp]:
        """Wake-up hints as they come, `Reconnected` first and after every interruption; never ends."""
        ...


class RelayLease(Protocol):
    """Which relay is the active one: a lease with an epoch that grows with every holder."""

    async def take(self, holder: WorkerId, *, lease_ms: int) -> Epoch | None:
        """Become the active relay, with a new epoch. None: another holder's lease has not expired."""
        ...

    async def extend(self, epoch: Epoch, *, lease_ms: int) -> None:
        """Raises Conflict when a newer relay exists, or the lease was given back."""
        ...

    async def give_back(self, epoch: Epoch) -> None:
        """Let the next relay take the lease at once; nothing happens when a newer relay exists."""
        ...


@dataclass(frozen=True, slots=True)
class Assignment:
    """A subscription that belongs to a relay.

    `is_started`: its `started` was sent, its cursor is exact; `is_stopping`: its client asked to end it.
    """

    subscription: Subscription
    is_started: bool
    is_stopping: bool


class Assignments(Protocol):
    """Rows of subscriptions as the active relay sees them: each belongs to nobody, or to a relay."""

    async def take(self, relay: Epoch) -> list[Assignment]:
        """Take those that belong to nobody: new ones, and those handed over.

        Raises Conflict when a newer relay exists.
        """
        ...

    async def of(self, relay: Epoch, connections: Collection[ConnectionId]) -> list[Assignment]:
        """Those of these connections that belong to this relay."""
        ...

    async def abandoned(self, relay: Epoch) -> list[ConnectionId]:
        """Connections with a subscription that an earlier relay took and did not hand over."""
        ...

    async def hand_over(self, relay: Epoch, assignments: Collection[Assignment]) -> None:
        """Store the exact cursors; from here on the rows belong to nobody."""
        ...
