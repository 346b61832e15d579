"""Our engine: every event of a run is built and encoded."""

import time
import types
from collections.abc import Mapping
from typing import cast

import orjson

from chaingraph.engine.identity import TreeLimits
from chaingraph.engine.in_memory import run_in_memory
from chaingraph.engine.plan import plan_of
from chaingraph.execution.options import ExecutionOptions
from chaingraph.graph.catalogue import new_node_document
from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.document import load_flow
from chaingraph.graph.kinds import number
from chaingraph.graph.node_types import NodeType, NodeTypes, Scope
from chaingraph.ids import PortId
from tests import flows
from tests.bench.engine_speed import IDENTITY
from tests.bench.peers.engine import Engine, RunOnce
from tests.flows import AddOne, document, edge, node

RESULT = PortId("result")


class Total(NodeType, title="Total", category="test", pure=True):
    """Adds one to the sum of the inputs that a subclass declares."""

    result = Output(number())

    def run(self, scope: Scope) -> None:  # noqa: ARG002 - a body takes its scope
        self.result = 1 + sum(value for value in self.values.values() if isinstance(value, int))


def chain(length: int) -> RunOnce:
    return _runner(flows.chain(length), NodeTypes.of(AddOne))


def fan(width: int) -> RunOnce:
    total = _total(width)
    middle = [f"m{place}" for place in range(width)]
    edges = [edge("first.result", f"{name}.a") for name in middle]
    edges += [edge(f"{name}.result", f"last.{name}") for name in middle]
    nodes = [node("first"), *map(node, middle), new_node_document(total, "last")]
    return _runner(document(nodes, edges), NodeTypes.of(AddOne, total))


def _total(width: int) -> type[NodeType]:
    """A node type that waits for so many inputs."""
    inputs = {f"m{place}": Input(number()) for place in range(width)}
    head = {"title": "Total", "category": "test", "pure": True}
    made = types.new_class("TotalOfMany", (Total,), head, lambda namespace: namespace.update(inputs))
    return cast("type[NodeType]", made)


def _runner(flow: Mapping[str, object], node_types: NodeTypes) -> RunOnce:
    plan = plan_of(load_flow(orjson.dumps(flow), node_types))

    async def run_once() -> int:
        ended = await run_in_memory(
            plan,
            identity=IDENTITY,
            options=ExecutionOptions(),
            limits=TreeLimits(),
            clock=lambda: time.time_ns() // 1_000_000,
            on_record=lambda _, __: None,
        )
        return cast("int", ended.run.nodes[-1].values[RESULT])

    return run_once


CHAINGRAPH = Engine("this engine", "chaingraph", "5 events a node", chain, fan)
