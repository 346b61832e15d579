"""A case as it is stored, and one run of it by this engine."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from chaingraph.engine.checkpoint import stored_values
from chaingraph.engine.identity import RunIdentity, TreeLimits
from chaingraph.engine.in_memory import MemoryRun, run_in_memory
from chaingraph.engine.node_run import NodeRun
from chaingraph.engine.plan import plan_of
from chaingraph.engine.recorder import Record
from chaingraph.execution.events import Event, EventType
from chaingraph.execution.execution import ExternalEvent
from chaingraph.execution.options import ExecutionOptions
from chaingraph.graph.document import load_flow
from chaingraph.graph.flow import Flow
from chaingraph.graph.json_types import list_of, object_of
from chaingraph.graph.node_types import NodeTypes
from chaingraph.ids import ExecutionId, FlowId, UserId

Trace = list[tuple[str, str | None, str | None]]
"""(type, subject, detail) in the order of the log."""

LIBRARY_STAMPS = {"SleepNode": {"actualDuration"}}
OWN_TYPES = frozenset({"child:spawned", "child:completed", "child:failed", "stream:chunk"})


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    document: Mapping[str, object]
    options: ExecutionOptions
    event: ExternalEvent | None
    is_child: bool
    trace: Trace
    partial_order: bool
    values: Mapping[str, Mapping[str, object]]
    system: Mapping[str, Sequence[object]]
    status: Mapping[str, str]
    emitted: Sequence[Mapping[str, object]]
    deviates: frozenset[int]
    message_prefix: Mapping[str, str]
    tags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Played:
    """What one run of a case did."""

    flow: Flow
    trace: Trace
    values: Mapping[str, Mapping[str, object]]
    system: Mapping[str, Sequence[object]]
    status: Mapping[str, str]
    emitted: Sequence[tuple[str, object]]


def read_case(path: Path) -> Case:
    stored = orjson.loads(path.read_bytes())
    event = stored["event"]
    return Case(
        name=stored["name"],
        document=stored["flow"],
        options=ExecutionOptions.model_validate(stored["options"]),
        event=None if event is None else ExternalEvent(event["eventName"], event.get("payload")),
        is_child=stored["child"],
        trace=[_entry(entry) for entry in stored["trace"]],
        partial_order=stored["partial_order"],
        values=stored["values"],
        system=stored["system"],
        status=stored["status"],
        emitted=stored.get("emitted") or [],
        deviates=frozenset(stored["deviates"]),
        message_prefix=stored.get("message_prefix", {}),
        tags=frozenset(stored["tags"]),
    )


def _entry(entry: Sequence[object]) -> tuple[str, str | None, str | None]:
    type_, subject = str(entry[1]), entry[2]
    detail = entry[3] if len(entry) > 3 else None
    return type_, None if subject is None else str(subject), None if detail is None else str(detail)


def node_types_of(case: Case) -> frozenset[str]:
    nodes = list_of(case.document["nodes"])
    return frozenset(str(object_of(object_of(node)["metadata"]).get("type", "")) for node in nodes)


def play(case: Case, node_types: NodeTypes) -> Played:
    """Run a case in memory. Raises Rejected where the flow is refused."""
    flow = load_flow(orjson.dumps(case.document), node_types)
    events: list[Event] = []
    main = ExecutionId("EXcase")

    def collect(identity: RunIdentity, record: Record) -> None:
        if identity.execution_id == main:
            events.extend(record.events)

    result = asyncio.run(
        run_in_memory(
            plan_of(flow),
            identity=_identity(case, flow, main),
            options=case.options,
            limits=TreeLimits(max_depth=2),
            clock=lambda: time.time_ns() // 1_000_000,
            on_record=collect,
        )
    )
    return _played(flow, result, events)


def _identity(case: Case, flow: Flow, execution_id: ExecutionId) -> RunIdentity:
    return RunIdentity(
        execution_id=execution_id,
        root_id=execution_id,
        parent_id=ExecutionId("EXparent") if case.is_child else None,
        flow_id=FlowId(flow.id),
        owner_id=UserId("USRcase"),
        depth=int(case.is_child),
        integration={},
        external_event=case.event,
    )


def _played(flow: Flow, result: MemoryRun, events: Sequence[Event]) -> Played:
    nodes = result.run.nodes
    return Played(
        flow=flow,
        trace=[_traced(flow, event) for event in events if event.type not in OWN_TYPES],
        values={node.plan.node.id: {**stored_values(node)} for node in nodes},
        system={node.plan.node.id: _system(node) for node in nodes},
        status={node.plan.node.id: node.status for node in nodes},
        emitted=[emitted for node in nodes for emitted in node.emitted],
    )


def _system(node: NodeRun) -> Sequence[object]:
    if node.phase.name in ("IDLE", "EXCLUDED"):
        stored = node.plan.node.system
        return [stored.execute, stored.success, stored.error, stored.error_message]
    return node.system


def _traced(flow: Flow, event: Event) -> tuple[str, str | None, str | None]:
    payload = orjson.loads(event.payload)
    match event.type:
        case EventType.NODE_STATUS_CHANGED:
            return event.type, payload["nodeId"], f"{payload['oldStatus']}->{payload['newStatus']}"
        case EventType.NODE_SKIPPED:
            return event.type, payload["nodeId"], payload["reason"]
        case EventType.NODE_DEBUG_LOG:
            return event.type, payload["nodeId"], payload["log"]
        case EventType.NODE_FAILED:
            return event.type, payload["nodeId"], payload["error"]["message"]
        case EventType.EDGE_TRANSFER_COMPLETED:
            return event.type, _edge_subject(flow, payload["edgeId"]), None
        case EventType.EDGE_TRANSFER_FAILED:
            return event.type, _edge_subject(flow, payload["edgeId"]), payload["error"]["message"]
        case EventType.FLOW_FAILED:
            return event.type, None, payload["error"]["message"]
        case _:
            return event.type, payload.get("nodeId"), None


def _edge_subject(flow: Flow, edge_id: str) -> str:
    edge = next(edge for edge in flow.edges if edge.id == edge_id)
    return f"{edge.source_node}.{edge.source_port}->{edge.target_node}.{edge.target_port}"
