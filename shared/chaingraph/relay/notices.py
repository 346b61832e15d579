"""What the relay has to say to those who operate it: one class for each decision."""

from dataclasses import dataclass

from chaingraph.ids import ConnectionId, Epoch, ExecutionId, RequestId


@dataclass(frozen=True, slots=True)
class Leading:
    """From here on the relay is the active one."""

    epoch: Epoch


@dataclass(frozen=True, slots=True)
class ReadFailed:
    execution_id: ExecutionId
    reason: str


@dataclass(frozen=True, slots=True)
class StoreFailed:
    """Rows of subscriptions could not be read or written; it is tried again."""

    reason: str


@dataclass(frozen=True, slots=True)
class PostFailed:
    """Nothing was delivered, for a reason that is not the client's; it is tried again."""

    connection_id: ConnectionId
    reason: str


@dataclass(frozen=True, slots=True)
class Throttled:
    rate: float


@dataclass(frozen=True, slots=True)
class ConnectionLost:
    """The client is gone."""

    connection_id: ConnectionId


@dataclass(frozen=True, slots=True)
class ConnectionClosed:
    """By this relay: the client comes back and says what it has."""

    connection_id: ConnectionId
    reason: str


@dataclass(frozen=True, slots=True)
class DeliveryFailed:
    """A fault of ours; the client was told."""

    connection_id: ConnectionId
    request_id: RequestId
    execution_id: ExecutionId
    reason: str


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Everything is left to the next relay."""

    subscriptions: int


Notice = (
    Leading
    | ReadFailed
    | StoreFailed
    | PostFailed
    | Throttled
    | ConnectionLost
    | ConnectionClosed
    | DeliveryFailed
    | HandedOver
)
