"""Whatever flow can be loaded, can be run: bodies fail, the engine does not."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from hypothesis import example, given

from chaingraph.engine.identity import TreeLimits
from chaingraph.engine.in_memory import run_in_memory
from chaingraph.engine.plan import plan_of
from chaingraph.errors import ChaingraphError
from chaingraph.execution.events import FINAL_EVENT_TYPES, Event
from chaingraph.execution.execution import ExternalEvent
from chaingraph.execution.options import ExecutionOptions, Limits
from chaingraph.graph.document import load_flow
from chaingraph.graph.flow import Flow
from chaingraph.nodes.built_in import built_in_node_types
from chaingraph.testing.virtual_time import run_in_virtual_time
from chaingraph.wire.snapshots import Snapshots
from tests.flow_documents import flow, node
from tests.strange_documents import drawn_by_nobody, with_one_part_replaced, with_one_part_taken_away
from tests.unit.engine.stepping import identity

EVENTS = (None, ExternalEvent("ping", {"who": "ann"}))
OPTIONS = ExecutionOptions(execution=Limits(flow_timeout_ms=3_600_000, node_timeout_ms=60_000))
LIMITS = TreeLimits(max_depth=2, max_children=3)
START_MS = 1_767_600_000_000
ENDS = {"node:completed", "node:failed", "node:skipped"}


@pytest.mark.parametrize("event", EVENTS)
@given(with_one_part_replaced())
def test_a_flow_with_one_part_replaced_is_run_or_refused(
    event: ExternalEvent | None, document: dict[str, Any]
) -> None:
    run_or_refuse(document, event)


@pytest.mark.parametrize("event", EVENTS)
@given(with_one_part_taken_away())
def test_a_flow_with_one_part_taken_away_is_run_or_refused(
    event: ExternalEvent | None, document: dict[str, Any]
) -> None:
    run_or_refuse(document, event)


@pytest.mark.parametrize("event", EVENTS)
@given(document=drawn_by_nobody(built_in_node_types()))
@example(document=flow([node("SchemaInferNode", "half of a character", input='"\\uD800"')]))
@example(document=flow([node("SleepNode", "longer than numbers go", duration=2e30)]))
def test_nodes_joined_at_random_are_run_or_refused(
    event: ExternalEvent | None, document: dict[str, Any]
) -> None:
    run_or_refuse(document, event)


def run_or_refuse(document: Mapping[str, object], event: ExternalEvent | None) -> None:
    try:
        loaded = load_flow(document, built_in_node_types())
    except ChaingraphError:
        return
    log = _log(loaded, event)
    assert [event.index for event in log] == list(range(len(log)))
    assert [event.type for event in log if event.type in FINAL_EVENT_TYPES] == [log[-1].type]
    ended = Counter(orjson.loads(event.payload)["nodeId"] for event in log if event.type in ENDS)
    assert set(ended.values()) <= {1}
    snapshots = Snapshots(loaded.document)
    for each in log:
        orjson.loads(snapshots.expand(each))


def _log(loaded: Flow, event: ExternalEvent | None) -> list[Event]:
    """The events of a run and of its children, without anything outside, in virtual time."""
    log: list[Event] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        await run_in_memory(
            plan_of(loaded),
            identity=identity(event),
            options=OPTIONS,
            limits=LIMITS,
            clock=lambda: START_MS + round(loop.time() * 1000),
            on_record=lambda who, record: log.extend(record.events if who.depth == 0 else ()),
        )

    run_in_virtual_time(run())
    return log
