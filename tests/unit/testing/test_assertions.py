"""What the assertions of a test say when they do not hold."""

import pytest

from chaingraph.testing import EndedFlow, FlowDraft, run_flow


@pytest.fixture(scope="module")
def ended() -> EndedFlow:
    draft = FlowDraft()
    draft.add("NumberNode", {"num": 1}, node_id="one")
    draft.add("NumberToStringNode", {"number": None}, node_id="bad")
    draft.add("BooleanNode", {"flag": True}, node_id="yes")
    return run_flow(draft)


def test_what_holds_says_nothing(ended: EndedFlow) -> None:
    ended.node("one").assert_completed()
    ended.node("one").assert_values(num=1.0)
    ended.node("bad").assert_failed("Number is required")
    ended.assert_events("flow:started", "node:failed bad", "flow:completed")


def test_a_failed_node_is_named(ended: EndedFlow) -> None:
    with pytest.raises(AssertionError, match="the flow has completed\nbad: Number is required"):
        ended.assert_completed()
    with pytest.raises(AssertionError, match=r"bad has not completed: its status is error \(Number"):
        ended.node("bad").assert_completed()
    with pytest.raises(AssertionError, match="the flow has completed ''"):
        ended.assert_failed("anything")


def test_another_failure_is_shown(ended: EndedFlow) -> None:
    with pytest.raises(AssertionError, match="has failed with 'Number is required', which has no 'Text'"):
        ended.node("bad").assert_failed("Text")
    with pytest.raises(AssertionError, match="one has not failed: its status is completed"):
        ended.node("one").assert_failed("")


def test_other_values_are_shown(ended: EndedFlow) -> None:
    with pytest.raises(AssertionError, match="values of one differ:\nnum: expected 2, found 1"):
        ended.node("one").assert_values(num=2)
    with pytest.raises(AssertionError, match="flag: expected 1, found True"):
        ended.node("yes").assert_values(flag=1)
    with pytest.raises(AssertionError, match="missing: expected 1, found None"):
        ended.node("yes").assert_values(missing=1)


def test_events_that_did_not_come_in_this_order_are_shown(ended: EndedFlow) -> None:
    with pytest.raises(AssertionError, match="'node:started one' did not come after") as failure:
        ended.assert_events("flow:completed", "node:started one")

    assert "0 flow:started" in str(failure.value)


def test_a_node_that_does_not_exist_is_told(ended: EndedFlow) -> None:
    with pytest.raises(AssertionError, match="there is no node 'two'; there are one, bad, yes"):
        ended.node("two")
