from datetime import timedelta

from chaingraph.graph.json_types import list_of, object_of
from chaingraph.testing import FlowDraft, World, run_flow
from tests.sub_flows import CALLED, Doubling, calling, calling_itself, doubling, for_each, passing_on


def world(**flows: FlowDraft) -> World:
    return World(flows={CALLED: doubling(), **flows})


def test_a_called_flow_gets_inputs_and_returns_outputs() -> None:
    ended = run_flow(calling(n=21), world=world())

    ended.assert_completed()
    ended.node("call").assert_values(outputs={"twice": 42})


def test_the_child_execution_is_in_the_log_of_its_caller() -> None:
    ended = run_flow(calling(n=1), world=world())

    (spawned,) = [event.payload for event in ended.events if event.type == "child:spawned"]
    (completed,) = [event.payload for event in ended.events if event.type == "child:completed"]
    assert (spawned["nodeId"], spawned["flowId"], spawned["eventData"]) == ("call", CALLED, {"n": 1})
    assert completed["childExecutionId"] == spawned["childExecutionId"]
    (child,) = ended.children
    child.assert_completed()


def test_a_caller_is_left_while_it_waits_and_calls_no_second_child() -> None:
    slow = doubling(milliseconds=3_600_000)

    ended = run_flow(calling(n=1), world=World(flows={CALLED: slow}))

    ended.assert_completed()
    assert ended.lasted == timedelta(hours=1)
    assert len(ended.children) == 1
    assert ended.events[-1].payload["executionTime"] == 0


def test_a_failure_in_the_called_flow_fails_the_node_that_calls() -> None:
    ended = run_flow(calling(n=-1), world=world())

    ended.node("call").assert_failed(f"flow {CALLED} failed: Node double failed: -1 is refused")
    assert ended.status == "completed"
    assert [event.type for event in ended.events].count("child:failed") == 1


def test_a_flow_that_calls_is_called_itself() -> None:
    ended = run_flow(calling("V2middle", n=4), world=world(V2middle=passing_on()))

    ended.node("call").assert_values(outputs={"twice": 8})
    (middle,) = ended.children
    (inner,) = middle.children
    inner.assert_completed()


def test_a_flow_that_calls_itself_comes_to_the_limit_of_the_tree() -> None:
    ended = run_flow(calling("V2circle"), world=world(V2circle=calling_itself("V2circle")))

    ended.node("call").assert_failed("Maximum execution depth exceeded: 101")


def test_a_flow_that_was_not_pinned_cannot_be_called() -> None:
    run_flow(calling("V2other"), world=world()).node("call").assert_failed("no flow V2other")


def test_a_call_that_is_tried_again_is_another_child() -> None:
    draft = FlowDraft([Doubling])
    retry = {"retry": {"maxAttempts": 3, "backoffMs": 10}}
    draft.add("CallFlowNode", {"flowId": CALLED, "inputs": {"n": -1}}, node_id="call", metadata=retry)

    ended = run_flow(draft, world=world())

    assert (
        len({event.payload["childExecutionId"] for event in ended.events if event.type == "child:failed"})
        == 3
    )


def test_results_are_in_the_order_of_the_list_whoever_is_done_first() -> None:
    ended = run_flow(for_each([*range(20)], concurrency=5), world=world())

    ended.assert_completed()
    ended.node("each").assert_values(results=[{"twice": 2 * n} for n in range(20)], errors=[])
    assert len(ended.children) == 20


def test_as_many_run_at_once_as_are_allowed() -> None:
    slow = World(flows={CALLED: doubling(milliseconds=60_000)})

    ended = run_flow(for_each([*range(20)], concurrency=5), world=slow)

    ended.assert_completed()
    assert ended.lasted == timedelta(minutes=4)


def test_nothing_is_called_for_an_empty_list() -> None:
    run_flow(for_each([]), world=world()).node("each").assert_values(results=[], errors=[])


def test_an_element_that_fails_fails_the_node_and_no_more_are_begun() -> None:
    ended = run_flow(for_each([1, -1, 2, 3], concurrency=1), world=world())

    ended.node("each").assert_failed("for element 1: Node double failed: -1 is refused")
    assert len(ended.children) == 2


def test_the_others_go_on_where_failures_are_allowed() -> None:
    ended = run_flow(for_each([1, -1, 2], onFailure="continue"), world=world())

    ended.assert_completed()
    values = ended.node("each").values
    assert values["results"] == [{"twice": 2}, None, {"twice": 4}]
    (error,) = map(object_of, list_of(values["errors"]))
    assert error["index"] == 1
    assert "-1 is refused" in str(error["message"])


def test_the_tree_has_a_greatest_breadth() -> None:
    run_flow(for_each([*range(101)]), world=world()).node("each").assert_failed(
        "Maximum number of child executions exceeded: 100"
    )
