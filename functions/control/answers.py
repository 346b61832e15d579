"""What a client is told of flows and executions, in the names of the reference engine (ChainGraph)."""

from datetime import datetime

from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from chaingraph.execution.execution import Execution
from chaingraph.execution.waiting import WaitingReason, waiting_reason
from chaingraph.interfaces import FlowSummary, RootExecution, StoredFlow
from chaingraph.usecases.debugger import DebuggerState
from functions.control.waiting_answers import WaitingAnswer, waiting_answer


class ExternalEventAnswer(TypedDict):
    eventName: str
    payload: object


class CommandAnswer(TypedDict):
    kind: str
    by: str
    reason: str


class ExecutionAnswer(TypedDict):
    """One execution. Times in milliseconds; `waiting`: why it does not go on, when it does not."""

    id: str
    flowId: str
    flowHash: str
    ownerId: str
    rootExecutionId: str
    parentExecutionId: str | None
    executionDepth: int
    status: str
    createdAt: datetime
    updatedAt: datetime
    startedAt: datetime | None
    completedAt: datetime | None
    errorMessage: str | None
    errorNodeId: str | None
    errorCount: int
    failureCount: int
    options: dict[str, object]
    integration: dict[str, object]
    externalEvents: list[ExternalEventAnswer]
    activeMs: int
    command: CommandAnswer | None
    waiting: WaitingAnswer | None


class TreeAnswer(TypedDict):
    """An execution and its place in the tree: the root has level 0 and no parent."""

    id: str
    parentId: str | None
    level: int
    execution: ExecutionAnswer


class RootAnswer(TypedDict):
    """`levels`: the depth of its tree; `totalNested`: executions in it, the root included."""

    execution: ExecutionAnswer
    levels: int
    totalNested: int


class FlowSummaryAnswer(TypedDict):
    id: str
    ownerId: str
    name: str
    version: int
    createdAt: datetime
    updatedAt: datetime


class ExecutionIdAnswer(TypedDict):
    executionId: str


class SuccessAnswer(TypedDict):
    success: bool


class DebuggerAnswer(TypedDict):
    """`currentNode`: the node that a breakpoint holds, before its values are transferred."""

    isPaused: bool
    currentNode: str | None
    breakpoints: list[str]


class FlowAnswer(FlowSummaryAnswer):
    document: dict[str, object]


class FlowsAnswer(TypedDict):
    """`next`: the `before` of the following page; null at the end."""

    flows: list[FlowSummaryAnswer]
    next: str | None


class ExecutionsAnswer(TypedDict):
    """`next`: the `before` of the following page; null at the end."""

    executions: list[ExecutionAnswer]
    next: str | None


class RootsAnswer(TypedDict):
    """`next`: the `before` of the following page; null at the end."""

    executions: list[RootAnswer]
    next: str | None


class EventAnswer(BaseModel):
    """`data` is a SuperJSON envelope, as over the WebSocket."""

    index: int
    type: str
    timestamp: datetime
    envelope: dict[str, object] = Field(alias="data")


class EventsAnswer(TypedDict):
    """`next`: the `after` of the following page; null at the end of what is there now."""

    events: list[EventAnswer]
    next: int | None


class HealthAnswer(TypedDict):
    status: str


class ProblemAnswer(TypedDict):
    path: str
    message: str


class RefusalAnswer(TypedDict):
    code: str
    message: str
    problems: list[ProblemAnswer]


class ErrorAnswer(TypedDict):
    error: RefusalAnswer


NodeTypesAnswer = list[dict[str, object]]
"""Categories, each with its node types."""


def execution_answer(execution: Execution) -> ExecutionAnswer:
    return {
        "id": execution.id,
        "flowId": execution.flow_id,
        "flowHash": execution.flow_hash,
        "ownerId": execution.owner_id,
        "rootExecutionId": execution.root_id,
        "parentExecutionId": execution.parent_id,
        "executionDepth": execution.depth,
        "status": execution.status.value,
        "createdAt": execution.created_at,
        "updatedAt": execution.updated_at,
        "startedAt": execution.started_at,
        "completedAt": execution.completed_at,
        "errorMessage": execution.error_message,
        "errorNodeId": execution.error_node_id,
        "errorCount": execution.error_count,
        "failureCount": execution.failure_count,
        "options": execution.options.model_dump(mode="json", by_alias=True),
        "integration": dict(execution.integration),
        "externalEvents": _external_events(execution),
        "activeMs": execution.active_ms,
        "command": _command(execution),
        "waiting": waiting_answer(waiting_reason(execution)),
    }


def details_answer(execution: Execution, reason: WaitingReason | None) -> ExecutionAnswer:
    return {**execution_answer(execution), "waiting": waiting_answer(reason)}


def tree_answer(tree: list[Execution]) -> list[TreeAnswer]:
    return [
        {
            "id": execution.id,
            "parentId": execution.parent_id,
            "level": execution.depth,
            "execution": execution_answer(execution),
        }
        for execution in tree
    ]


def root_answer(root: RootExecution) -> RootAnswer:
    return {
        "execution": execution_answer(root.execution),
        "levels": root.levels,
        "totalNested": root.total_nested,
    }


def flow_summary_answer(flow: FlowSummary | StoredFlow) -> FlowSummaryAnswer:
    return {
        "id": flow.id,
        "ownerId": flow.owner_id,
        "name": flow.name,
        "version": flow.version,
        "createdAt": flow.created_at,
        "updatedAt": flow.updated_at,
    }


def _external_events(execution: Execution) -> list[ExternalEventAnswer]:
    event = execution.external_event
    return [] if event is None else [{"eventName": event.name, "payload": event.payload}]


def _command(execution: Execution) -> CommandAnswer | None:
    command = execution.command
    if command is None:
        return None
    return {"kind": command.kind.value, "by": command.by, "reason": command.reason}


def debugger_answer(state: DebuggerState) -> DebuggerAnswer:
    return {
        "isPaused": state.is_paused,
        "currentNode": state.current_node,
        "breakpoints": [*state.breakpoints],
    }
