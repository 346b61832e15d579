"""In what order the events of any run come: nodes of all kinds, at the same time, some of them slow."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaingraph.engine.identity import TreeLimits
from chaingraph.engine.in_memory import run_in_memory
from chaingraph.engine.plan import plan_of
from chaingraph.execution.events import FINAL_EVENT_TYPES, Event
from chaingraph.execution.options import ExecutionOptions, Limits, OnNodeFailure
from chaingraph.graph.document import load_flow
from chaingraph.testing.virtual_time import run_in_virtual_time
from tests.acceptance.sketches import NODE_TYPES, Sketch, flow
from tests.unit.engine.stepping import identity

# By node type: the ports that values come from, and those that they go to.
OUTPUTS: Final = {
    "Sum": ("output",),
    "Counts": ("sent", "out"),
    "SleepNode": ("actualDuration",),
    "Merges": ("merged",),
    "Throws": ("__errorMessage",),
    "DebugLogNode": (),
    "BooleanNode": ("flag",),
}
INPUTS: Final = {
    "Sum": ("A", "B"),
    "Counts": ("stop",),
    "SleepNode": ("duration",),
    "Merges": ("first", "second"),
    "Throws": (),
    "DebugLogNode": ("message",),
    "BooleanNode": (),
}
STREAMS: Final = {"out", "merged", "first", "second"}
TEXTS: Final = {"__errorMessage", "message"}
LETTERS: Final = {
    "node:started": "s",
    "stream:chunk": "c",
    "edge:transfer-completed": "t",
    "edge:transfer-failed": "t",
    "node:debug-log-string": "l",
    "node:completed": "C",
    "node:failed": "F",
    "node:skipped": "K",
}
# i: idle to initialized, x: to executing, c f k: to the end that follows. A node that is switched off by its
# stored value does not start; one that never became ready says only that.
LIFE: Final = re.compile(r"i?(xst*[lc]*(oC|eF|nK)|t*nK|K)")


@st.composite
def flows(draw: st.DrawFn) -> dict[str, Any]:
    nodes: dict[str, Sketch] = {}
    for place in range(draw(st.integers(1, 9))):
        nodes[f"n{place}"] = (draw(st.sampled_from(sorted(OUTPUTS))), _values(draw))
    edges: dict[str, None] = {}
    for _ in range(draw(st.integers(0, 14)) if len(nodes) > 1 else 0):
        joined = _edge(draw, [sketch[0] for sketch in nodes.values()])
        if joined is not None:
            edges[joined] = None
    return flow(nodes, *edges)


def _values(draw: st.DrawFn) -> dict[str, object]:
    few = st.integers(0, 3)
    return {"A": draw(few), "stop": draw(few), "duration": 1000 * draw(few), "flag": draw(st.booleans())}


def _edge(draw: st.DrawFn, types: Sequence[str]) -> str | None:
    """From an earlier node to a later one; None where they have no ports that fit."""
    target = draw(st.integers(1, len(types) - 1))
    source = draw(st.integers(0, target - 1))
    outputs = (*OUTPUTS[types[source]], "__success", "__error")
    inputs = (*INPUTS[types[target]], "__execute")
    pairs = [(one, other) for one in outputs for other in inputs if _kind(one) == _kind(other)]
    if not pairs:
        return None
    output, into = draw(st.sampled_from(pairs))
    return f"n{source}.{output} -> n{target}.{into}"


def _kind(port: str) -> str:
    if port in STREAMS:
        return "stream"
    if port in TEXTS:
        return "text"
    return "boolean" if port.startswith("__") or port == "flag" else "number"


def _options(at_once: int, policy: OnNodeFailure) -> ExecutionOptions:
    return ExecutionOptions(execution=Limits(max_concurrency=at_once), on_node_failure=policy)


options = st.builds(_options, st.integers(1, 4), st.sampled_from(OnNodeFailure))


def log_of(document: Mapping[str, Any], chosen: ExecutionOptions) -> list[tuple[Event, dict[str, Any]]]:
    events: list[Event] = []
    ticks = iter(range(1_767_600_000_000, 1_767_700_000_000))
    run_in_virtual_time(
        run_in_memory(
            plan_of(load_flow(orjson.dumps(document), NODE_TYPES)),
            identity=identity(),
            options=chosen,
            limits=TreeLimits(),
            clock=lambda: next(ticks),
            on_record=lambda _, record: events.extend(record.events),
        )
    )
    return [(event, orjson.loads(event.payload)) for event in events]


def is_first_status(event: Event, payload: Mapping[str, Any]) -> bool:
    return event.type == "node:status-changed" and payload["oldStatus"] == "idle"


@given(flows(), options)
def test_the_run_begins_and_ends_as_it_should(document: dict[str, Any], chosen: ExecutionOptions) -> None:
    log = log_of(document, chosen)

    types = [event.type for event, _ in log]
    assert [event.index for event, _ in log] == list(range(len(log)))
    assert types[0] == "flow:started"
    assert [place for place, type_ in enumerate(types) if type_ in FINAL_EVENT_TYPES] == [len(log) - 1]
    first = [place for place, entry in enumerate(log) if is_first_status(*entry)]
    assert first == list(range(1, len(first) + 1))


@given(flows(), options)
def test_the_events_of_every_node_come_in_their_order(
    document: dict[str, Any], chosen: ExecutionOptions
) -> None:
    log = log_of(document, chosen)

    targets = {each["id"]: each["targetNodeId"] for each in document["edges"]}
    lives: dict[str, str] = defaultdict(str)
    for event, payload in log[1:-1]:
        lives[payload.get("nodeId") or targets[payload["edgeId"]]] += _letter(event, payload)
    if log[-1][0].type == "flow:completed":
        assert len(lives) == len(document["nodes"])
    for life in lives.values():
        assert LIFE.fullmatch(life) or (log[-1][0].type == "flow:failed" and life in ("", "i"))


@given(flows(), options)
def test_nothing_of_a_consumer_comes_before_the_end_of_what_it_needed(
    document: dict[str, Any], chosen: ExecutionOptions
) -> None:
    log = log_of(document, chosen)

    edges = {each["id"]: each for each in document["edges"]}
    begun, ended = dict[str, int](), dict[str, int]()
    for event, payload in log:
        if payload.get("nodeId") and not is_first_status(event, payload):
            begun.setdefault(payload["nodeId"], event.index)
        if event.type in ("node:completed", "node:failed"):
            ended[payload["nodeId"]] = event.index
    for event, payload in log:
        edge = edges.get(payload.get("edgeId", ""))
        if edge is not None and event.type == "edge:transfer-completed" and _waits(edge, begun, log):
            assert ended[edge["sourceNodeId"]] < begun[edge["targetNodeId"]]


@given(flows(), options)
def test_a_node_ends_once(document: dict[str, Any], chosen: ExecutionOptions) -> None:
    log = log_of(document, chosen)

    ends = Counter(
        payload["nodeId"]
        for event, payload in log
        if event.type in ("node:completed", "node:failed", "node:skipped")
    )
    assert set(ends.values()) <= {1}


@pytest.mark.parametrize(
    ("life", "is_one"),
    [("ixsttoC", True), ("xstllcceF", True), ("K", True), ("ixstC", False), ("ixsoCt", False), ("", False)],
)
def test_the_pattern_of_a_life(life: str, *, is_one: bool) -> None:
    assert (LIFE.fullmatch(life) is not None) is is_one


def _waits(edge: Mapping[str, Any], begun: Mapping[str, int], log: Sequence[tuple[Event, Any]]) -> bool:
    """Its target did not start early on a stream, and did start."""
    starts = {payload["nodeId"] for event, payload in log if event.type == "node:started"}
    return edge["sourcePortId"] not in STREAMS and edge["targetNodeId"] in starts & begun.keys()


def _letter(event: Event, payload: Mapping[str, Any]) -> str:
    if event.type != "node:status-changed":
        return LETTERS[event.type]
    if payload["oldStatus"] == "idle":
        return "i"
    return {"executing": "x", "completed": "o", "error": "e", "skipped": "n"}[payload["newStatus"]]
