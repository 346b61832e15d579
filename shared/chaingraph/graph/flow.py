"""A flow in memory: immutable, shared by every run of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from chaingraph.graph.node_types import NodeType
from chaingraph.graph.retry import RetryPolicy
from chaingraph.ids import EdgeId, FlowId, NodeId, PortId

PortKind = Literal["string", "number", "boolean", "enum", "array", "object", "stream", "any", "secret"]

NodeDefinition = type[NodeType]

EXECUTE: Final = PortId("__execute")
SUCCESS: Final = PortId("__success")
ERROR: Final = PortId("__error")
ERROR_MESSAGE: Final = PortId("__errorMessage")
SYSTEM_PORTS: Final = frozenset({EXECUTE, SUCCESS, ERROR, ERROR_MESSAGE})


class Direction(StrEnum):
    INPUT = "input"
    OUTPUT = "output"
    PASSTHROUGH = "passthrough"


@dataclass(frozen=True, slots=True)
class Port:
    """A port of a node: a root port, a field of an object or an element of an array.

    `config` is the stored configuration, unknown keys included. `element` is the port that the elements of an
    array or stream conform to; `fields` are an object's ports by key; `underlying` is what an `any` port is
    known to stand for. All three only as far as the configuration says.
    """

    id: PortId
    key: str
    kind: PortKind
    direction: Direction
    order: int | None
    is_required: bool
    config: Mapping[str, object]
    element: "Port | None" = None
    fields: "Mapping[str, Port] | None" = None
    underlying: "Port | None" = None


@dataclass(frozen=True, slots=True)
class SystemValues:
    execute: object
    success: object
    error: object
    error_message: object


@dataclass(frozen=True, slots=True)
class Node:
    """One step of a flow.

    `ports` are the root ports in stored order; `values` their values in stored form, a port without value
    missing. A run starts from `values.initial_values(node)`.
    `has_flow_ports`: False where the node disables the execute and success ports; `runs_by_itself`: False
    where it disables automatic execution.
    """

    id: NodeId
    type: str
    definition: NodeDefinition
    category: str
    parent_id: NodeId | None
    status: str
    ports: Mapping[PortId, Port]
    values: Mapping[PortId, object]
    system: SystemValues
    has_flow_ports: bool
    runs_by_itself: bool
    retry: RetryPolicy | None
    document: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Edge:
    id: EdgeId
    source_node: NodeId
    source_port: PortId
    target_node: NodeId
    target_port: PortId
    document: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Flow:
    """Nodes and edges in stored order; both orders decide what the scheduler does first.

    `document` is the flow's JSON in schema v2, fields unknown to us included.
    """

    id: FlowId
    metadata: Mapping[str, object]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    document: Mapping[str, object]
