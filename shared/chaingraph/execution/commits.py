"""What one commit of a slice writes, and what the database answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chaingraph.execution.commands import Command, CommandKind
from chaingraph.execution.events import Event
from chaingraph.execution.execution import Execution, NewExecution
from chaingraph.execution.results import LoadedResult, StoredResult
from chaingraph.execution.status import Status
from chaingraph.ids import Epoch, EventIndex, ExecutionId, NodeId, UserId, WorkerId, WorkflowRun


@dataclass(frozen=True, slots=True)
class Claim:
    """The exclusive right of one worker to write to an execution until a higher epoch exists.

    `is_rescue`: it replaced one that was not given back.
    """

    execution_id: ExecutionId
    epoch: Epoch
    workflow_run: WorkflowRun
    worker_id: WorkerId
    has_slot: bool = False
    is_rescue: bool = False


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a slice starts from. `document` is the pinned flow, `signal_seq` the last signal sent."""

    execution: Execution
    signal_seq: int
    document: bytes
    results: tuple[LoadedResult, ...]
    inputs: Mapping[str, object] = field(default_factory=dict[str, object])
    """What the execution was called with."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why a slice ended without an end of the execution: a row of a closed list, shown to its owner.

    `kind`: start, paused, breakpoint, children, callback, slot, sleeping, retrying. `until_ms`: epoch
    milliseconds of the time at which it goes on by itself, if there is one. `by`: who paused it.
    """

    kind: str
    until_ms: int | None = None
    detail: str | None = None
    by: UserId | None = None


@dataclass(frozen=True, slots=True)
class SliceEnd:
    """What the last commit of a slice adds: it gives the claim back.

    `status` is written with it (None: it stays as it is). `seen_seq` is the last signal this slice has looked
    at: the commit is refused when another one was sent since (a start, a command, the end of a child), and
    the answer carries what is pending. `takes_command`: the command that has been obeyed and is cleared.
    """

    status: Status | None
    seen_seq: int
    takes_command: CommandKind | None = None
    waiting: Waiting | None = None
    error_message: str | None = None
    error_node_id: NodeId | None = None
    continues_as_new_run: bool = False
    outputs: bytes | None = None
    """What it returns to its caller, an encoded JSON object."""


@dataclass(frozen=True, slots=True)
class NewChild:
    """A child, written with the commit that emits it, and its event −1."""

    execution: NewExecution
    created: Event


@dataclass(frozen=True, slots=True)
class Commit:
    """One batch: events from `first` on without a gap, and their results. No events: a heartbeat."""

    first: EventIndex
    events: tuple[Event, ...] = ()
    results: tuple[StoredResult, ...] = ()
    children: tuple[NewChild, ...] = ()
    error_count: int = 0
    active_ms: int = 0
    end: SliceEnd | None = None


@dataclass(frozen=True, slots=True)
class CommitReply:
    """What the row said when the commit landed.

    `landed` False: an end was refused, because a signal came that its slice had not seen (`signal_seq`
    tells). `has_freed_slot`: somebody may stand in line for the slot that this end gave back.
    """

    landed: bool
    command: Command | None
    signal_seq: int
    has_freed_slot: bool = False
