"""How far a tree of executions has come: the fold of its events, in the form that carries values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

import orjson

from chaingraph.graph.json_types import JsonObject, is_object, list_of, object_of

SHOWN_VALUE: Final = 40
SHOWN_TEXT: Final = 120
SHOWN_ID: Final = 4


class Standing(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    STOPPED = "stopped"
    NOT_RUN = "not run"


NODE_STANDINGS: Final = {
    "node:started": Standing.RUNNING,
    "debug:breakpoint-hit": Standing.PAUSED,
    "node:completed": Standing.COMPLETED,
    "node:failed": Standing.FAILED,
    "node:skipped": Standing.SKIPPED,
}
FLOW_STANDINGS: Final = {
    "flow:started": Standing.RUNNING,
    "flow:paused": Standing.PAUSED,
    "flow:resumed": Standing.RUNNING,
    "flow:completed": Standing.COMPLETED,
    "flow:failed": Standing.FAILED,
    "flow:cancelled": Standing.STOPPED,
}
FINAL: Final = frozenset({Standing.COMPLETED, Standing.FAILED, Standing.STOPPED})


@dataclass(slots=True)
class Step:
    """What both an execution and a node of it have: where it stands, since when, and what it says.

    `changed`: the number of the event that changed it last; 0: none did.
    """

    standing: Standing = Standing.WAITING
    began_ms: int = 0
    milliseconds: int | None = None
    says: str = ""
    changed: int = 0


@dataclass(slots=True)
class NodeStep(Step):
    title: str = ""
    type: str = ""
    shown_ports: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(slots=True)
class ExecutionStep(Step):
    """`label`: how an execution is told from the others of its tree; empty for the root.

    `nodes`: those of the flow; of a child only those that something happened to.
    """

    id: str = ""
    label: str = ""
    depth: int = 0
    nodes: dict[str, NodeStep] = field(default_factory=dict[str, NodeStep])
    children: list["ExecutionStep"] = field(default_factory=list["ExecutionStep"])

    def tree(self) -> Iterator["ExecutionStep"]:
        yield self
        for child in self.children:
            yield from child.tree()

    @property
    def is_over(self) -> bool:
        return self.standing in FINAL


class Progress:
    """`take` folds an event in. The first execution that it hears of is the root."""

    def __init__(self, document: JsonObject) -> None:
        nodes = (object_of(node) for node in list_of(document.get("nodes")))
        self._documents = {str(node.get("id")): node for node in nodes}
        self._executions: dict[str, ExecutionStep] = {}
        self._count = 0

    @property
    def root(self) -> ExecutionStep | None:
        return next(iter(self._executions.values()), None)

    def execution(self, execution_id: str) -> ExecutionStep:
        execution = self._executions.get(execution_id)
        if execution is None:
            known = () if self._executions else self._documents
            nodes = {node_id: self._new_node(node_id) for node_id in known}
            execution = self._executions[execution_id] = ExecutionStep(id=execution_id, nodes=nodes)
        return execution

    def take(self, execution_id: str, event: JsonObject) -> ExecutionStep:
        """The execution that the event belongs to, with the event folded in."""
        self._count += 1
        execution, kind = self.execution(execution_id), str(event["type"])
        facts, at_ms = facts_of(event), _epoch_ms(str(event["timestamp"]))
        if kind in FLOW_STANDINGS:
            self._change(execution, FLOW_STANDINGS[kind], facts, at_ms)
        if "nodeId" in facts:
            self._take_node(execution, kind, facts, at_ms)
        if kind == "child:spawned":
            self._spawn(execution, facts)
        return execution

    def _take_node(self, execution: ExecutionStep, kind: str, facts: JsonObject, at_ms: int) -> None:
        node_id = str(facts["nodeId"])
        if node_id not in execution.nodes:
            execution.nodes[node_id] = self._new_node(node_id)
        node = execution.nodes[node_id]
        if kind in NODE_STANDINGS:
            self._change(node, NODE_STANDINGS[kind], facts, at_ms)
        if kind == "node:completed":
            node.says = _shown({**node.shown_ports, **_among(facts, node.shown_ports)}) or node.says
        if kind == "node:debug-log-string":
            node.says = shortened(str(facts["log"]), SHOWN_TEXT)

    def _change(self, step: Step, standing: Standing, facts: JsonObject, at_ms: int) -> None:
        if standing is Standing.RUNNING and step.standing is not Standing.PAUSED:
            step.began_ms = at_ms
        step.standing, step.changed = standing, self._count
        milliseconds = facts.get("executionTime")
        step.milliseconds = milliseconds if isinstance(milliseconds, int) else None
        step.says = _reason(facts) or ("" if standing is Standing.RUNNING else step.says)

    def _spawn(self, parent: ExecutionStep, facts: JsonObject) -> None:
        child = self.execution(str(facts["childExecutionId"]))
        child.label = f"{facts['eventName']}/{child.id[-SHOWN_ID:]}"
        child.depth, child.changed = parent.depth + 1, self._count
        parent.children.append(child)

    def _new_node(self, node_id: str) -> NodeStep:
        """A node that the document does not have is known by its id."""
        document = self._documents.get(node_id, {})
        metadata = object_of(document.get("metadata"))
        return NodeStep(
            title=str(metadata.get("title") or node_id),
            type=str(metadata.get("type") or document.get("type") or ""),
            shown_ports=_results(document),
        )


def facts_of(event: JsonObject) -> JsonObject:
    return object_of(object_of(event.get("data")).get("json"))


def shortened(text: str, length: int) -> str:
    """At most so long, and in one line."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"


def _results(document: JsonObject) -> JsonObject:
    """The values of the ports that show what a node made: its outputs, or what it passes on."""
    ports = [object_of(port) for port in list_of(document.get("ports"))]
    return _of_direction(ports, "output") or _of_direction(ports, "passthrough")


def _of_direction(ports: list[JsonObject], direction: str) -> JsonObject:
    configs = [(object_of(port.get("config")), port.get("value")) for port in ports]
    return {
        str(config.get("id") or config.get("key")): value
        for config, value in configs
        if config.get("direction") == direction
    }


def _among(facts: JsonObject, ports: Mapping[str, object]) -> JsonObject:
    return {port: value for port, value in object_of(facts.get("values")).items() if port in ports}


def _reason(facts: JsonObject) -> str:
    """Why something failed, was skipped, was paused or was cancelled."""
    error = facts.get("error")
    return shortened(str(error.get("message") if is_object(error) else facts.get("reason") or ""), SHOWN_TEXT)


def _shown(values: Mapping[str, object]) -> str:
    return ", ".join(
        f"{port} {shortened(orjson.dumps(value).decode(), SHOWN_VALUE)}"
        for port, value in values.items()
        if value is not None
    )


def _epoch_ms(timestamp: str) -> int:
    return round(datetime.fromisoformat(timestamp).timestamp() * 1000)
