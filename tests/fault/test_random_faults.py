"""Any flow, any faults: what is seen in the end is what is seen without them."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaingraph.execution.options import ExecutionOptions, SpawnChildren
from chaingraph.execution.slots import SlotLimits
from chaingraph.graph.json_types import JsonObject
from tests.fault.faults import FAULTS, Fault, Schedule
from tests.fault.fifty_nodes import flow_document
from tests.fault.reporting import Survived
from tests.fault.simulation import System
from tests.fault.trial import Trial, try_out

pytestmark = pytest.mark.timeout(600)

TYPES = ("Plus", "Ponders", "Naps", "Charges", "Charges", "Mails", "Emits")
# What an event starts: runs in children only.
LISTENING: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "orders": ("EventListenerNodeV2", {"eventName": "order"}),
    "order1": ("Hears", {}),
    "order2": ("Charges", {}),
}
EMITTED: Mapping[str, Mapping[str, object]] = {"Emits": {"name": "order"}}
# Where edges lead to, and where they may come from.
WIRED = {"a": ("result",), "__execute": ("__success", "__error")}
LISTENING_EDGES = ["orders.__success -> order1.__execute", "order1.result -> order2.a"]

faults = st.builds(Fault, st.integers(1, 90), st.sampled_from(FAULTS))


@dataclass(frozen=True)
class Sketch:
    """The node types of n0, n1, …, and the edges between them."""

    types: tuple[str, ...]
    edges: tuple[str, ...]

    def document(self) -> JsonObject:
        nodes = {f"n{place}": (name, EMITTED.get(name, {})) for place, name in enumerate(self.types)}
        return flow_document({**nodes, **LISTENING}, [*self.edges, *LISTENING_EDGES])


@st.composite
def sketches(draw: st.DrawFn) -> Sketch:
    """An acyclic graph. No port has two edges: its value does not depend on which node ends first."""
    count = draw(st.integers(2, 9))
    broken = draw(st.integers(0, count))
    types = [draw(st.sampled_from(TYPES)) for _ in range(count)]
    types[broken:broken] = ["Breaks"]
    edges: list[str] = []
    for place in range(1, len(types)):
        for port, sources in WIRED.items():
            source = draw(st.integers(-1, place - 1))
            if source >= 0:
                edges.append(f"n{source}.{draw(st.sampled_from(sources))} -> n{place}.{port}")
    return Sketch(tuple(types), tuple(edges))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    sketch=sketches(),
    struck=st.lists(faults, min_size=1, max_size=6),
    slots=st.sampled_from([None, SlotLimits(1, 1), SlotLimits(2, 2)]),
    timing=st.sampled_from(SpawnChildren),
)
def test_whatever_strikes_nothing_is_lost_and_nothing_is_done_twice(
    sketch: Sketch,
    struck: list[Fault],
    slots: SlotLimits | None,
    timing: SpawnChildren,
    survived: Survived,
) -> None:
    def trial_of(schedule: Schedule) -> Trial:
        options = ExecutionOptions(spawn_children=timing)
        return try_out(lambda: System(document, schedule, slots=slots, options=options))

    document = sketch.document()
    calm = trial_of(Schedule())
    trial = trial_of(Schedule(struck))

    assert trial.problems(calm.audit.tree) == [], trial.injected
    survived(fault.kind for fault in trial.injected)
