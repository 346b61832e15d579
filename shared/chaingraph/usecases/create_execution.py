"""Create an execution of a flow: its stream of events exists when this returns."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from chaingraph.errors import Problem, rejected
from chaingraph.execution.commits import NewChild
from chaingraph.execution.events import CREATED_INDEX, Event, EventType
from chaingraph.execution.execution import ExternalEvent, NewExecution
from chaingraph.execution.options import ExecutionOptions, Limits
from chaingraph.graph.flow import Flow
from chaingraph.ids import ExecutionId, FlowId, WorkflowRun, child_execution_id
from chaingraph.interfaces import CallableFlow, Executions, Flows, Idempotency, StoredFlow, User, Workflows
from chaingraph.usecases.access import permitted_flow
from chaingraph.usecases.callable_flows import callable_flows
from chaingraph.usecases.checked_flows import CheckedFlows, flow_hash
from chaingraph.usecases.repeat_creation import created_before
from chaingraph.usecases.start_workflow import start_workflow

FIRST_RUN: Final = WorkflowRun(1)


@dataclass(frozen=True, slots=True)
class ExecutionRequest:
    """What a client asks for. `execution_id` and `at_ms` are chosen by the entry point."""

    execution_id: ExecutionId
    at_ms: int
    flow_id: FlowId
    options: ExecutionOptions
    integration: Mapping[str, object]
    events: tuple[ExternalEvent, ...]
    idempotency_key: str | None


@dataclass(frozen=True, slots=True)
class CreationRules:
    """`limits` hold where a request's options do not say."""

    checked_flows: CheckedFlows
    limits: Limits
    max_children: int
    start_timeout_seconds: int


async def create_execution(
    request: ExecutionRequest,
    user: User,
    *,
    flows: Flows,
    executions: Executions,
    workflows: Workflows,
    rules: CreationRules,
) -> ExecutionId:
    """Pin the flow, store the execution with its first event, then start its workflow.

    Raises NotFound, Forbidden, Rejected with every problem of the flow and of the options, Conflict when the
    idempotency key was used with another request; with the same request it gives the same execution.
    """
    idempotency = _idempotency(request)
    execution_id = None
    if idempotency is not None:
        execution_id = await created_before(
            request.flow_id, idempotency, user, flows=flows, executions=executions
        )
    if execution_id is None:
        stored = await permitted_flow(request.flow_id, user, flows=flows)
        called = await callable_flows(stored, user, flows=flows, checked_flows=rules.checked_flows)
        creating = _create(request, stored, called, idempotency, executions=executions, rules=rules)
        execution_id = await creating
    await start_workflow(execution_id, FIRST_RUN, rules.start_timeout_seconds, workflows=workflows)
    return execution_id


async def _create(
    request: ExecutionRequest,
    stored: StoredFlow,
    called: Sequence[CallableFlow],
    idempotency: Idempotency | None,
    *,
    executions: Executions,
    rules: CreationRules,
) -> ExecutionId:
    flow = rules.checked_flows.flow(stored.document)
    _check(request, flow, rules)
    root = _root(request, stored, rules.limits)
    created = await executions.create(
        root,
        document=stored.document,
        created=created_event(root, flow.metadata, request.at_ms),
        idempotency=idempotency,
        children=[
            NewChild(child, created_event(child, flow.metadata, request.at_ms))
            for child in _children(root, request.events[1:])
        ],
        callable_flows=called,
    )
    return created.execution_id


def created_event(execution: NewExecution, flow_metadata: Mapping[str, object], at_ms: int) -> Event:
    """The first event of every execution."""
    payload = {
        "executionId": execution.id,
        "flowId": execution.flow_id,
        "flowMetadata": flow_metadata,
        "ownerId": execution.owner_id,
        "rootExecutionId": execution.root_id,
        "parentExecutionId": execution.parent_id,
        "executionDepth": execution.depth,
    }
    return Event(CREATED_INDEX, EventType.EXECUTION_CREATED, at_ms, orjson.dumps(payload))


def _check(request: ExecutionRequest, flow: Flow, rules: CreationRules) -> None:
    problems = list(_unknown_breakpoints(request.options, flow))
    if len(request.events) > rules.max_children + 1:
        problems.append(
            Problem("events", f"at most {rules.max_children + 1} events, not {len(request.events)}")
        )
    if problems:
        raise rejected(problems)


def _unknown_breakpoints(options: ExecutionOptions, flow: Flow) -> Iterable[Problem]:
    nodes = {node.id for node in flow.nodes}
    for place, node_id in enumerate(options.breakpoints):
        if node_id not in nodes:
            yield Problem(f"options.breakpoints[{place}]", f"the flow has no node {node_id!r}")


def _root(request: ExecutionRequest, stored: StoredFlow, limits: Limits) -> NewExecution:
    return NewExecution(
        id=request.execution_id,
        flow_id=stored.id,
        flow_hash=flow_hash(stored.document),
        owner_id=stored.owner_id,
        root_id=request.execution_id,
        parent_id=None,
        depth=0,
        options=_with_limits(request.options, limits),
        integration=request.integration,
        external_event=request.events[0] if request.events else None,
    )


def _with_limits(options: ExecutionOptions, limits: Limits) -> ExecutionOptions:
    """What the request leaves out is fixed now, not when the execution runs."""
    given = options.execution
    chosen = limits.model_copy(update={name: getattr(given, name) for name in given.model_fields_set})
    return options.model_copy(update={"execution": chosen})


def _children(root: NewExecution, events: Iterable[ExternalEvent]) -> Iterable[NewExecution]:
    """One execution for each event after the first: an execution runs for one event."""
    for ordinal, event in enumerate(events):
        yield NewExecution(
            id=child_execution_id(root.id, "external", ordinal),
            flow_id=root.flow_id,
            flow_hash=root.flow_hash,
            owner_id=root.owner_id,
            root_id=root.id,
            parent_id=root.id,
            depth=1,
            options=root.options,
            integration=root.integration,
            external_event=event,
        )


def _idempotency(request: ExecutionRequest) -> Idempotency | None:
    if request.idempotency_key is None:
        return None
    asked = {
        "flowId": request.flow_id,
        "options": request.options.model_dump(mode="json"),
        "integration": request.integration,
        "events": [[event.name, event.payload] for event in request.events],
    }
    encoded = orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)
    return Idempotency(request.idempotency_key, hashlib.sha256(encoded).hexdigest())
