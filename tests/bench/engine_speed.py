"""Microseconds per node of the engine alone: events built and encoded, nothing stored."""

import asyncio
import time
from collections.abc import Mapping
from typing import Final

import orjson

from chaingraph.engine.identity import RunIdentity, TreeLimits
from chaingraph.engine.in_memory import run_in_memory
from chaingraph.engine.plan import Plan, plan_of
from chaingraph.engine.recorder import Record
from chaingraph.execution.options import ExecutionOptions
from chaingraph.graph.document import load_flow
from chaingraph.ids import ExecutionId, FlowId, UserId
from tests.bench.figures import Figures, quantile
from tests.flows import World, chain, document, edge, node, node_types

RUNS: Final = 15
EVENTS_PER_NODE: Final = 4


def measure() -> Figures:
    shapes = {
        "chain100": chain(100),
        "chain1000": chain(1000),
        "fan100": fan(100),
        "fan1000": fan(1000),
    }
    medians = {name: _us_per_node(shape) for name, shape in shapes.items()}
    figures = {f"engine.{name}.us_per_node": median for name, median in medians.items()}
    figures["engine.slowest_over_fastest_shape"] = max(medians.values()) / min(medians.values())
    figures["engine.load1000_ms"] = _load_ms(chain(1000))
    return figures


def fan(width: int) -> dict[str, object]:
    """One node, `width` nodes behind it, and one that waits for a value of each of them through one port."""
    middle = [node(f"m{place}") for place in range(width)]
    out = [edge("first.result", f"m{place}.a") for place in range(width)]
    back = [edge(f"m{place}.result", "last.a") for place in range(width)]
    return document([node("first"), *middle, node("last")], [*out, *back])


def _us_per_node(shape: Mapping[str, object]) -> float:
    plan = plan_of(load_flow(orjson.dumps(shape), node_types(World())))
    samples = [_run(plan) for _ in range(RUNS)]
    return quantile(samples, 0.5) / len(plan.nodes) * 1e6


def _run(plan: Plan) -> float:
    size = 0

    def count(_: RunIdentity, record: Record) -> None:
        nonlocal size
        size += len(record.events)

    began = time.perf_counter()
    asyncio.run(
        run_in_memory(
            plan,
            identity=IDENTITY,
            options=ExecutionOptions(),
            limits=TreeLimits(),
            clock=_clock,
            on_record=count,
        )
    )
    took = time.perf_counter() - began
    if size < EVENTS_PER_NODE * len(plan.nodes):
        raise RuntimeError(f"only {size} events of {len(plan.nodes)} nodes")
    return took


def _clock() -> int:
    return time.time_ns() // 1_000_000


def _load_ms(shape: Mapping[str, object]) -> float:
    encoded, types = orjson.dumps(shape), node_types(World())
    samples: list[float] = []
    for _ in range(RUNS):
        began = time.perf_counter()
        load_flow(encoded, types)
        samples.append((time.perf_counter() - began) * 1000)
    return quantile(samples, 0.5)


IDENTITY: Final = RunIdentity(
    execution_id=ExecutionId("EXbench"),
    root_id=ExecutionId("EXbench"),
    parent_id=None,
    flow_id=FlowId("V2bench"),
    owner_id=UserId("bench"),
    depth=0,
    integration={},
    external_event=None,
)
