"""What one run decides."""

import orjson
import pytest

from chaingraph.engine.run import NEVER_READY
from chaingraph.errors import Rejected
from chaingraph.execution.execution import ExternalEvent
from chaingraph.execution.options import ExecutionOptions, Limits, OnNodeFailure, SpawnChildren
from chaingraph.execution.results import ResultStatus
from chaingraph.ids import PortId
from tests.flows import chain, document, edge, node
from tests.unit.engine.stepping import (
    Store,
    compiled,
    final_values,
    finished,
    identity,
    new_run,
    step,
    traced,
)


def _types(store: Store) -> list[str]:
    return [event.type for event in store.events]


def _payloads(store: Store, type_: str) -> list[dict[str, object]]:
    return [orjson.loads(event.payload) for event in store.events if event.type == type_]


def test_a_value_travels_along_a_chain() -> None:
    store = Store()

    run = finished(new_run(compiled(chain(3)), store), store)

    assert [node.values[PortId("result")] for node in run.nodes] == [1, 2, 3]


def test_events_are_numbered_without_a_gap() -> None:
    store = Store()

    finished(new_run(compiled(chain(4)), store), store)

    assert [event.index for event in store.events] == list(range(len(store.events)))


def test_a_target_takes_the_first_edge_in_flow_order_whose_source_is_resolved() -> None:
    nodes = [node("late", values={"a": 10}), node("early", values={"a": 20}), node("first"), node("t")]
    edges = [edge("first.result", "late.a"), edge("late.result", "t.a"), edge("early.result", "t.a")]
    store = Store()

    run = finished(new_run(compiled(document(nodes, edges)), store), store)

    assert run.nodes[3].values[PortId("a")] == 21


def test_a_node_behind_a_failed_one_is_reported_before_the_end() -> None:
    flow = document([node("bad", "Breaks"), node("z")], [edge("bad.result", "z.a")])
    store = Store()

    finished(new_run(compiled(flow), store), store)

    assert _payloads(store, "node:skipped") == [{"nodeId": "z", "reason": NEVER_READY}]
    assert _types(store)[-2:] == ["node:skipped", "flow:completed"]


def test_the_error_ports_of_a_failed_node_reach_their_consumers() -> None:
    flow = document([node("bad", "Breaks"), node("t", "Breaks")], [edge("bad.__errorMessage", "t.text")])
    store = Store()

    run = finished(new_run(compiled(flow), store), store)

    assert run.nodes[1].values[PortId("text")] == "broken"
    assert run.unhandled == ("t", "broken")


def test_a_handled_failure_does_not_end_the_run() -> None:
    options = ExecutionOptions(on_node_failure=OnNodeFailure.FAIL)
    flow = document([node("bad", "Breaks"), node("t")], [edge("bad.__error", "t.__execute")])
    store = Store()

    run = finished(new_run(compiled(flow), store, options), store)

    assert not run.must_fail
    assert run.nodes[1].status == "completed"


def test_no_more_nodes_run_at_once_than_the_options_allow() -> None:
    options = ExecutionOptions(execution=Limits(max_concurrency=2))
    run = new_run(compiled(document([node(f"g{place}", "Gated") for place in range(3)])), Store(), options)

    started = [run.take(0), run.take(0), run.take(0)]

    assert [each is not None for each in started] == [True, True, False]


def test_changing_a_value_downstream_does_not_change_it_upstream() -> None:
    flow = compiled(chain(2))
    store = Store()
    first = finished(new_run(flow, store), store)

    again = Store()
    second = finished(new_run(flow, again), again)

    assert final_values(first) == final_values(second)


def test_an_emitted_event_spawns_a_child_when_its_node_ends() -> None:
    store = Store()
    run = new_run(compiled(document([node("e", "Emits")])), store)

    step(run)
    record = run.recorder.take()

    assert [event.type for event in record.events][-2:] == ["node:completed", "child:spawned"]
    assert [(child.event_name, child.payload) for child in record.children] == [("ping", {"from": "e"})]


def test_the_child_of_a_repeated_run_has_the_same_id() -> None:
    flow = compiled(document([node("e", "Emits")]))
    ids: list[object] = []
    for _ in range(2):
        run = new_run(flow, Store())
        step(run)
        ids.append(run.recorder.take().children[0].id)

    assert ids[0] == ids[1]


def test_children_are_held_back_where_the_options_say_so() -> None:
    options = ExecutionOptions(spawn_children=SpawnChildren.AT_END)
    run = new_run(compiled(document([node("e", "Emits")])), Store(), options)

    step(run)
    early = run.recorder.take().children
    run.spawning.release(0)

    assert (len(early), len(run.recorder.take().children)) == (0, 1)


def test_an_execution_too_deep_emits_no_more() -> None:
    run = new_run(compiled(document([node("e", "Emits")])), Store(), identity=identity(depth=5))
    started = run.take(0)
    assert started is not None

    with pytest.raises(Rejected, match="Maximum execution depth exceeded: 6"):
        run.spawning.emit(started, "ping", {})


def test_a_run_emits_no_more_children_than_allowed() -> None:
    run = new_run(compiled(document([node("e", "Emits")])), Store())
    started = run.take(0)
    assert started is not None
    for _ in range(3):
        run.spawning.emit(started, "ping", {})

    with pytest.raises(Rejected, match="Maximum number of child executions exceeded: 3"):
        run.spawning.emit(started, "ping", {})


def test_a_cancelled_run_ends_what_was_running_and_then_the_flow() -> None:
    store = Store()
    run = new_run(compiled(document([node("g", "Gated"), node("h", "Gated")])), store)
    run.take(0)

    run.cancel_flow("enough", 7, 0)
    store.write(run.recorder.take())

    assert traced(store)[-2:] == [("node:failed", "g"), ("flow:cancelled", None)]
    assert _payloads(store, "flow:cancelled") == [{"reason": "enough", "executionTime": 7}]


def test_a_record_that_was_refused_stands_again_without_its_end() -> None:
    run = new_run(compiled(chain(1, "Gated")), Store())
    run.take(0)
    pending = run.recorder.pending()
    run.fail_flow("too late", 0, 0)
    run.recorder.take()

    run.recorder.give_back(pending)

    again = run.recorder.take()
    assert again == pending
    assert [result.status for result in again.results] == [ResultStatus.STARTED]
    assert (again.error_count, run.recorder.next_index) == (0, len(again.events))


def test_an_ordinary_node_does_not_run_for_an_event() -> None:
    run = new_run(compiled(chain(1)), Store(), identity=identity(ExternalEvent("ping", {})))

    assert run.is_finished
