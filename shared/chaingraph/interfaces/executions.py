"""The rows of executions, and reading their logs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from chaingraph.execution.calls import CallEnd, PinnedFlow
from chaingraph.execution.commands import Command
from chaingraph.execution.commits import NewChild
from chaingraph.execution.events import Event
from chaingraph.execution.execution import Execution, NewExecution
from chaingraph.execution.status import Status
from chaingraph.ids import (
    EventIndex,
    ExecutionId,
    FlowHash,
    FlowId,
    NodeId,
    UserId,
)
from chaingraph.interfaces.flows import Page


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
class Keyed:
    """What was created with an idempotency key, and for which request."""

    execution_id: ExecutionId
    request_hash: str


@dataclass(frozen=True, slots=True)
class RootExecution:
    """`levels`: the greatest depth in its tree; `total_nested`: rows of the tree, the root included."""

    execution: Execution
    levels: int
    total_nested: int


@dataclass(frozen=True, slots=True)
class CallableFlow:
    """A flow that is pinned for a tree of executions, with its document."""

    pinned: PinnedFlow
    document: bytes


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
        callable_flows: Sequence[CallableFlow] = (),
    ) -> Created:
        """Pin the document, insert the row and event −1, those of its children too, in one transaction.

        Raises Conflict when the idempotency key was used by this owner with another body.
        """
        ...

    async def keyed(self, owner_id: UserId, key: str) -> Keyed | None:
        """What this owner has created with the idempotency key."""
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
        pause: from running without a pending command, or with a step, which it replaces; from paused with a
        pending resume or step, which it clears.
        step, stepOver: from paused without a pending command.
        resume: from paused without a pending command; from running with a pending pause, which it clears.
        A resume of the tree is unfinished, under a number of its own, until `finish_resume`, or until another
        command is said to the tree.
        """
        ...

    async def finish_resume(self, execution_id: ExecutionId, number: int) -> None:
        """Every descendant has been reached. Another resume than that of this number stays unfinished."""
        ...

    async def set_breakpoint(self, execution_id: ExecutionId, node_id: NodeId) -> None:
        """Add it to the options, and send a signal. Raises NotFound, WrongStatus after the end."""
        ...

    async def clear_breakpoint(self, execution_id: ExecutionId, node_id: NodeId) -> None:
        """Take it out of the options, and send a signal. Raises NotFound, WrongStatus after the end."""
        ...

    async def tree(self, root_id: ExecutionId) -> list[Execution]:
        """Every execution with that root, by depth, then id. Empty when there is none."""
        ...

    async def children(self, parent_id: ExecutionId) -> list[Execution]: ...

    async def callable_flows(self, root_id: ExecutionId) -> Mapping[FlowId, PinnedFlow]:
        """The flows that nodes of this tree may call, as they were pinned at its beginning."""
        ...

    async def call_ends(self, parent_id: ExecutionId) -> Mapping[ExecutionId, CallEnd]:
        """What its called children have given that have ended."""
        ...

    async def told(self, child_id: ExecutionId) -> None:
        """The caller of this child has been sent a signal of its end."""
        ...

    async def roots(self, flow_id: FlowId, page: Page) -> list[RootExecution]: ...

    async def list_of(
        self, owner_id: UserId | None, page: Page, status: Status | None
    ) -> list[Execution]: ...

    async def pinned_document(self, flow_hash: FlowHash) -> bytes:
        """Raises NotFound."""
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
