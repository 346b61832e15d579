from datetime import timedelta

import pytest

from chaingraph.errors import Rejected
from chaingraph.nodes.callbacks import HumanApprovalNode, WaitForCallbackNode
from chaingraph.testing import FlowDraft, World, run_flow, run_node


def test_what_is_posted_is_the_payload() -> None:
    world = World()
    world.answer("node", {"price": 7}, after=timedelta(days=20))

    ended = run_node(WaitForCallbackNode, world=world)

    ended.assert_values(payload={"price": 7})


def test_the_wait_for_an_answer_is_no_time_in_which_the_flow_is_active() -> None:
    world = World()
    world.answer("n", {}, after=timedelta(days=20))
    draft = FlowDraft()
    draft.add(WaitForCallbackNode, node_id="n")

    ended = run_flow(draft, world=world)

    ended.assert_completed()
    assert ended.lasted == timedelta(days=20)
    assert ended.events[-1].payload["executionTime"] == 0


def test_viewers_are_told_once_where_the_answer_is_to_be_sent() -> None:
    world = World()
    world.answer("node", {"approved": True}, after=timedelta(hours=2))

    ended = run_node(HumanApprovalNode, {"question": "Pay?"}, world=world)

    opened = [event.payload for event in ended.events if event.type == "callback:opened"]
    assert [event["values"] for event in opened] == [{"callbackUrl": ended.values["callbackUrl"]}]
    assert opened[0]["portId"] == "decision"
    assert opened[0]["until"] is None


def test_an_approval_says_who_and_why() -> None:
    world = World()
    world.answer("node", {"approved": True, "comment": "fine", "by": "Ann"})

    ended = run_node(HumanApprovalNode, world=world)

    ended.assert_values(approved=True, comment="fine", by="Ann")


def test_a_refusal_is_no_failure() -> None:
    world = World()
    world.answer("node", {"approved": False})

    run_node(HumanApprovalNode, world=world).assert_values(approved=False, comment="")


def test_a_node_fails_whose_answer_does_not_come_in_time() -> None:
    run_node(HumanApprovalNode, {"timeoutSeconds": 3600}).assert_failed("nobody has answered in time")


def test_an_answer_that_comes_too_late_is_none() -> None:
    world = World()
    world.answer("node", {"approved": True}, after=timedelta(seconds=61))

    run_node(HumanApprovalNode, {"timeoutSeconds": 60}, world=world).assert_failed("nobody has answered")


def test_an_answer_in_the_last_moment_counts() -> None:
    world = World()
    world.answer("node", {"approved": True}, after=timedelta(seconds=59))

    run_node(HumanApprovalNode, {"timeoutSeconds": 60}, world=world).assert_values(approved=True)


def test_an_answer_that_does_not_fit_is_refused() -> None:
    world = World()
    world.answer("node", {"comment": 3, "mood": "good"})

    with pytest.raises(Rejected) as refused:
        run_node(HumanApprovalNode, world=world)

    assert {problem.path for problem in refused.value.problems} == {"approved", "comment", "mood"}


def test_who_takes_the_url_runs_while_the_answer_is_waited_for() -> None:
    world = World()
    world.answer("ask", {"approved": True}, after=timedelta(hours=1))
    draft = FlowDraft()
    draft.add(HumanApprovalNode, node_id="ask")
    draft.add("DebugLogNode", node_id="log")
    draft.join("ask.callbackUrl", "log.message")

    ended = run_flow(draft, world=world)

    ended.assert_completed()
    ended.assert_events("node:started ask", "node:completed log", "node:completed ask")


def test_two_nodes_wait_side_by_side() -> None:
    world = World()
    world.answer("first", {"approved": True}, after=timedelta(hours=5))
    world.answer("second", {"approved": False}, after=timedelta(hours=1))
    draft = FlowDraft()
    draft.add(HumanApprovalNode, node_id="first")
    draft.add(HumanApprovalNode, node_id="second")

    ended = run_flow(draft, world=world)

    ended.assert_completed()
    ended.assert_events("node:completed second", "node:completed first")
    assert ended.lasted == timedelta(hours=5)
