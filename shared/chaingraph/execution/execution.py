"""What is known of one execution."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chaingraph.execution.commands import Command, Reach
from chaingraph.execution.options import ExecutionOptions
from chaingraph.execution.status import Status
from chaingraph.ids import Epoch, EventIndex, ExecutionId, FlowHash, FlowId, NodeId, UserId, WorkflowRun


@dataclass(frozen=True, slots=True)
class ExternalEvent:
    """The event that a child (or a root created with events) runs for."""

    name: str
    payload: object


@dataclass(frozen=True, slots=True)
class NewExecution:
    """What is written when an execution is created."""

    id: ExecutionId
    flow_id: FlowId
    flow_hash: FlowHash
    owner_id: UserId
    root_id: ExecutionId
    parent_id: ExecutionId | None
    depth: int
    options: ExecutionOptions
    integration: Mapping[str, object]
    external_event: ExternalEvent | None
    inputs: Mapping[str, object] | None = None
    """What it was called with; None: nobody waits for what it returns."""


@dataclass(frozen=True, slots=True)
class Execution:
    """One row: what was fixed at create, and where it stands now."""

    id: ExecutionId
    flow_id: FlowId
    flow_hash: FlowHash
    owner_id: UserId
    root_id: ExecutionId
    parent_id: ExecutionId | None
    depth: int
    options: ExecutionOptions
    integration: Mapping[str, object]
    external_event: ExternalEvent | None
    status: Status
    command: Command | None
    reach: Reach
    """Of the last stop or pause; alone again as soon as it goes on."""
    epoch: Epoch
    next_index: EventIndex
    workflow_run: WorkflowRun
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    error_message: str | None
    error_node_id: NodeId | None
    error_count: int
    failure_count: int
    active_ms: int
    waiting: Mapping[str, object] | None
    """Why it is not progressing, when it is not: `{"kind": …}`."""
    is_called: bool = False
    """A node of its parent waits for what it returns."""
    unfinished_resume: int | None = None
    """The number of the last resume of its tree, until that has reached every descendant."""
