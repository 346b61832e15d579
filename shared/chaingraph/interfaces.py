"""What the core needs from outside. Each has one adapter for production, one fake, and one contract suite for both.

All raise `Unavailable` when the other side does not answer; the call may then be repeated unless said otherwise.
"""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from chaingraph.execution.commands import Command
from chaingraph.execution.commits import Checkpoint, Claim, Commit, CommitReply, NewChild
from chaingraph.execution.events import Event
from chaingraph.execution.execution import Execution, NewExecution
from chaingraph.execution.status import Status
from chaingraph.ids import (
    ConnectionId,
    Epoch,
    EventIndex,
    ExecutionId,
    FlowHash,
    FlowId,
    RequestId,
    TaskToken,
    UserId,
    WorkerId,
    WorkflowRun,
)
from chaingraph.subscriptions import Subscription

# ------------------------------------------------------------------ flows


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
        """Replace the document if `version` is the current one, and raise it by one. Raises NotFound, Conflict."""
        ...

    async def delete(self, flow_id: FlowId) -> None:
        """Raises NotFound. Executions keep their pinned copy."""
        ...


# ------------------------------------------------------------------ executions


@dataclass(frozen=True, slots=True)
class Idempotency:
    """`request_hash` tells whether the same key came with the same body."""

    key: str
    request_hash: str


@dataclass(frozen=True, slots=True)
class Created:
    """`is_new` False: the same idempotency key had created this execution before."""

    execution_id: ExecutionId
    is_new: bool


@dataclass(frozen=True, slots=True)
class RootExecution:
    """`levels`: the greatest depth in its tree; `total_nested`: rows of the tree, the root included."""

    execution: Execution
    levels: int
    total_nested: int


class Executions(Protocol):
    """The rows of executions. Every change is a compare-and-set."""

    async def create(
        self,
        new: NewExecution,
        *,
        document: bytes,
        created: Event,
        idempotency: Idempotency | None,
        children: Sequence[NewChild] = (),
    ) -> Created:
        """Pin the document, insert the row and event −1, those of its children too, in one transaction.

        Raises Conflict when the idempotency key was used by this owner with another body.
        """
        ...

    async def read(self, execution_id: ExecutionId) -> Execution:
        """Raises NotFound."""
        ...

    async def start(self, execution_id: ExecutionId) -> None:
        """created → running, and send a signal. Raises NotFound, WrongStatus (with the current status)."""
        ...

    async def command(self, execution_id: ExecutionId, command: Command) -> None:
        """Set the pending command, and send a signal. Raises NotFound, WrongStatus (with the current status).

        stop: from created, running, paused, unless a stop is pending; replaces any other pending command.
        pause: from running without a pending command.
        resume: from paused without a pending command; from running with a pending pause, which it clears.
        """
        ...

    async def tree(self, root_id: ExecutionId) -> list[Execution]:
        """Every execution with that root, by depth, then id. Empty when there is none."""
        ...

    async def children(self, parent_id: ExecutionId) -> list[Execution]: ...

    async def roots(self, flow_id: FlowId, page: Page) -> list[RootExecution]: ...

    async def list_of(
        self, owner_id: UserId | None, page: Page, status: Status | None
    ) -> list[Execution]: ...

    async def pinned_document(self, flow_hash: FlowHash) -> bytes:
        """Raises NotFound."""
        ...


class Runs(Protocol):
    """The claim of a slice and its commits: the only way to write to an execution's log."""

    async def claim(
        self, execution_id: ExecutionId, *, workflow_run: WorkflowRun, worker_id: WorkerId, lease_ms: int
    ) -> Claim | None:
        """Take the execution over, with a new epoch. None: it has ended, or belongs to a newer workflow run.

        A claim that replaces one whose lease was not given back is recorded as a recovery. The first claim of a
        child starts it (created → running): it needs no start of its own.
        """
        ...

    async def load(self, claim: Claim) -> Checkpoint:
        """Read everything a slice starts from, in one round trip. Raises Conflict when the epoch has moved on."""
        ...

    async def commit(self, claim: Claim, commit: Commit, *, lease_ms: int) -> CommitReply:
        """Write one batch in one statement, fenced by the epoch and by `commit.first`.

        A batch that is already there (its reply was lost) is answered as landed. Raises Conflict when the epoch has
        moved on: nothing was written, and nothing may be written any more.
        """
        ...

    async def notify(self, execution_id: ExecutionId, last: EventIndex) -> None:
        """Send a wake-up hint, in a transaction of its own. It may be lost."""
        ...

    async def fail(
        self, execution_id: ExecutionId, *, workflow_run: WorkflowRun, reason: str, most: int
    ) -> int:
        """Count a slice that died; answers the failures since a node last came to an end, `most` at most.

        Raises NotFound, Conflict when the execution has ended or belongs to a newer workflow run.
        """
        ...


class EventLog(Protocol):
    """Reading the log of an execution."""

    async def read(self, execution_id: ExecutionId, *, after: EventIndex, limit: int) -> list[Event]:
        """Events with an index greater than `after`, in order."""
        ...

    async def read_types(
        self, execution_id: ExecutionId, *, after: EventIndex, limit: int, types: Sequence[str]
    ) -> list[Event]: ...

    async def heads(self, executions: Collection[ExecutionId]) -> dict[ExecutionId, EventIndex]:
        """The index of each one's last event, in one round trip; unknown executions are left out."""
        ...


# ------------------------------------------------------------------ mailbox and workflow


class Mailbox(Protocol):
    """The durable mailbox of an execution: both sides store, commit, then look at the other side."""

    async def keep(self, token: TaskToken, execution_id: ExecutionId, workflow_run: WorkflowRun) -> bool:
        """Store a waiting task's token, commit, then look: True when a signal came that no slice has seen.

        True also when the token belongs to an older workflow run or an execution that has ended.
        """
        ...

    async def tokens(self, execution_id: ExecutionId) -> list[TaskToken]: ...

    async def forget(self, token: TaskToken) -> None: ...

    async def signal(self, execution_id: ExecutionId) -> None:
        """Raise the signal number, without a payload."""
        ...


@dataclass(frozen=True, slots=True)
class Stalled:
    """An open execution whose workflow shows no life."""

    execution_id: ExecutionId
    workflow_run: WorkflowRun


class Overdue(Protocol):
    """What fell between two chairs. Ages are measured by the database's clock."""

    async def unseen_signals(self, *, older_than_ms: int, limit: int) -> list[ExecutionId]:
        """Executions with a token stored longer ago than that, and a signal that no slice has seen."""
        ...

    async def stalled(self, *, older_than_ms: int, limit: int) -> list[Stalled]:
        """Open executions untouched for longer than that, which nobody works on and no task waits for.

        That is: the lease was given back or is over, and there is no token of the current workflow run, or the
        time of the wait (`wake_at`; of a created one its start) is over for longer than that. A child waits as
        long as its parent is only created.
        """
        ...

    async def next_run(self, execution_id: ExecutionId, run: WorkflowRun) -> WorkflowRun | None:
        """Raise the workflow run by one if `run` is the current one of an open execution; else None."""
        ...


class Completion(StrEnum):
    """What became of a try to complete a task token."""

    DELIVERED = "delivered"
    GONE = "gone"


class Workflows(Protocol):
    """The durable workflow service."""

    async def start(self, execution_id: ExecutionId, run: WorkflowRun, wait_seconds: int) -> None:
        """Start the workflow of that name; one that exists already counts as started."""
        ...

    async def complete(self, token: TaskToken, output: Mapping[str, object]) -> Completion:
        """Complete a waiting task. GONE: timed out, completed before, or unknown."""
        ...

    async def stop(self, execution_id: ExecutionId, run: WorkflowRun, cause: str) -> None: ...


# ------------------------------------------------------------------ connections and subscriptions


@dataclass(frozen=True, slots=True)
class User:
    id: UserId
    is_admin: bool


@dataclass(frozen=True, slots=True)
class Connection:
    """`user` None: not authenticated (yet). `announces_identity`: it said that a `connectionParams` message comes."""

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

    async def unidentified_since(self, before: datetime) -> list[ConnectionId]: ...


class SubscriptionChange(StrEnum):
    ADDED = "added"
    REMOVED = "removed"


class Subscriptions(Protocol):
    """Rows that tell the relay what to deliver. Adding and removing send a wake-up to the relay after commit."""

    async def add(self, subscription: Subscription) -> None:
        """Raises Conflict when the connection uses this request id already, NotFound when the connection is gone."""
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


# ------------------------------------------------------------------ the relay's side


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
        """Wake-up hints as they come, `Reconnected` first and after every interruption; never ends by itself."""
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


# ------------------------------------------------------------------ identity


class Identities(Protocol):
    """Who a token belongs to."""

    async def identify(self, token: str) -> User:
        """Raises Unauthorized with the reason (expired, wrong signature, wrong issuer or audience, not a token)."""
        ...
