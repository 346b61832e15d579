"""Whatever prefix of a run's record was stored, a new run goes on from it and comes to the same end."""

from collections import Counter

import orjson
from hypothesis import example, given
from hypothesis import strategies as st

from chaingraph.engine.plan import plan_of
from chaingraph.engine.recorder import Record
from chaingraph.execution.results import ResultStatus
from chaingraph.graph.catalogue import new_node_document
from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.document import load_flow
from chaingraph.graph.kinds import any_value, string
from chaingraph.graph.node_types import NodeType, NodeTypes, Scope
from chaingraph.ids import PortId
from tests.flows import document, edge, node
from tests.unit.engine.stepping import Store, compiled, final_values, finished, new_run, step, traced

ENDS = {"node:completed", "node:failed", "node:skipped"}
TYPES = ("AddOne", "AddOne", "AddOne", "Breaks", "Emits")
SOURCES = ("result", "result", "__success", "__error")

# The first node in flow order ends after another one: their consumers run in the order of the ends.
LATE_FIRST = document(
    [node(f"n{place}") for place in range(5)],
    [edge("n0.result", "n1.a"), edge("n1.result", "n3.a"), edge("n2.result", "n4.a")],
)


@st.composite
def flows(draw: st.DrawFn) -> dict[str, object]:
    """An acyclic graph: some nodes fail, some are switched by others, ports may have several edges."""
    count = draw(st.integers(1, 9))
    nodes = [node(f"n{place}", draw(st.sampled_from(TYPES))) for place in range(count)]
    edges: dict[tuple[str, str], dict[str, object]] = {}
    for target in range(1, count):
        for source in draw(st.lists(st.integers(0, target - 1), max_size=3)):
            port = draw(st.sampled_from(SOURCES))
            into = "a" if port == "result" else "__execute"
            ends = f"n{source}.{port}", f"n{target}.{into}"
            edges[ends] = edge(*ends)
    return document(nodes, edges.values())


def _prefixes(flow: dict[str, object]) -> tuple[list[Store], Store, dict[str, object]]:
    """The store after every decision of an uninterrupted run, at its end, and its final values."""
    store, stores = Store(), list[Store]()
    run = new_run(compiled(flow), store)
    more = True
    while more:
        store.write(run.recorder.take())
        stores.append(store.copy())
        more = step(run)
    return stores, store, final_values(finished(run, store))


@given(flows())
def test_every_node_ends_at_most_once_and_the_final_event_is_last(flow: dict[str, object]) -> None:
    _, store, _ = _prefixes(flow)

    trace = traced(store)
    ended = Counter(subject for type_, subject in trace if type_ in ENDS)
    assert set(ended.values()) <= {1}
    assert len(ended) == len(flow["nodes"])  # pyright: ignore[reportArgumentType]
    assert trace[-1] == ("flow:completed", None)


@given(flows())
def test_a_run_resumed_after_any_prefix_comes_to_the_same_values(flow: dict[str, object]) -> None:
    stores, _, uninterrupted = _prefixes(flow)

    for store in stores:
        resumed = finished(new_run(compiled(flow), store), store)
        assert final_values(resumed) == uninterrupted


@given(flows())
@example(LATE_FIRST)
def test_a_resumed_run_repeats_no_finished_node_and_goes_on_in_the_same_order(
    flow: dict[str, object],
) -> None:
    stores, complete, _ = _prefixes(flow)

    for store in stores:
        ended = {
            result.node_id for result in store.results.values() if result.status is not ResultStatus.STARTED
        }
        ran: list[str] = []
        finished(new_run(compiled(flow), store), store, ran)
        assert not ended & set(ran)
        assert traced(store) == traced(complete)


def test_a_node_that_had_started_runs_again_with_its_inputs_and_repeats_no_event() -> None:
    flow = document([node("n"), node("g", "Gated")], [edge("n.result", "g.a")])
    store = Store()
    run = new_run(compiled(flow), store)
    step(run)
    run.take(0)
    store.write(run.recorder.take())

    again = new_run(compiled(flow), store)
    started = again.take(0)
    record: Record = again.recorder.take()

    assert started is not None
    assert (started.plan.node.id, started.attempt, started.values[PortId("a")]) == ("g", 2, 1)
    assert record.events == ()


class Tells(NodeType, title="Tells", category="test", pure=True):
    """Has an object, although nobody who reads it knows."""

    told = Output(any_value())

    def run(self, scope: Scope) -> None:
        del scope
        self.told = {"price": 1.0, "10": [None, "ü"], "2": True}


class Hears(NodeType, title="Hears", category="test"):
    """Passes on what came into a port for texts, as it came."""

    text = Input(string())
    heard = Output(any_value())

    def run(self, scope: Scope) -> None:
        del scope
        self.heard = self.text


def test_an_object_in_a_port_for_texts_is_stored_as_json_and_comes_back_as_it_was() -> None:
    types = NodeTypes.of(Tells, Hears)
    nodes = [new_node_document(Tells, "n0")]
    nodes += [new_node_document(Hears, f"n{place}") for place in (1, 2)]
    flow = document(nodes, [edge("n0.told", "n1.text"), edge("n1.heard", "n2.text")])
    plan = plan_of(load_flow(orjson.dumps(flow), types))
    store = Store()
    run = new_run(plan, store)
    assert step(run)
    assert run.take(0) is not None
    store.write(run.recorder.take())

    resumed = final_values(finished(new_run(plan, store), store))

    assert resumed["n2"] == (
        "completed",
        {
            "text": '{"2":true,"10":[null,"ü"],"price":1}',
            "heard": {"price": 1.0, "10": [None, "ü"], "2": True},
        },
        [True, True, False, ""],
    )
