"""Branches that come together again, and delays: in whole flows."""

from datetime import timedelta

import pytest

from chaingraph.testing import EndedFlow, FlowDraft, World, run_flow


def branched(number: float) -> EndedFlow:
    """Over ten, the one branch runs, else the other one; both end in the same merge."""
    draft = FlowDraft()
    draft.add("BranchNode", {"leftValue": number, "operator": "greaterThan", "rightValue": 10}, node_id="if")
    draft.add("NotNode", node_id="else")
    draft.add("TextNode", {"text": "large"}, node_id="large")
    draft.add("TextNode", {"text": "small"}, node_id="small")
    draft.add("MergeNode", node_id="merge")
    draft.add("StringCaseNode", node_id="after")
    draft.join("if.result", "large.__execute")
    draft.join("if.result", "else.input")
    draft.join("else.result", "small.__execute")
    draft.join("large.text", "merge.branches.branch-1")
    draft.join("small.text", "merge.branches.branch-2")
    draft.join("merge.value", "after.text")
    return run_flow(draft)


@pytest.mark.parametrize(
    ("number", "branch", "result"), [(12, "branch-1", "LARGE"), (3, "branch-2", "SMALL")]
)
def test_a_merge_goes_on_with_the_branch_that_ran(number: float, branch: str, result: str) -> None:
    ended = branched(number)

    ended.assert_completed()
    ended.node("merge").assert_values(branch=branch, value=result.lower())
    ended.node("after").assert_values(result=result)


def racing(first_ms: int, second_ms: int) -> EndedFlow:
    draft = FlowDraft()
    draft.add("SleepNode", {"duration": first_ms}, node_id="first")
    draft.add("SleepNode", {"duration": second_ms}, node_id="second")
    draft.add("MergeNode", node_id="merge")
    draft.join("first.actualDuration", "merge.branches.branch-1")
    draft.join("second.actualDuration", "merge.branches.branch-2")
    return run_flow(draft)


@pytest.mark.parametrize(
    ("first_ms", "second_ms", "branch"), [(1000, 2000, "branch-1"), (9000, 20, "branch-2")]
)
def test_the_branch_that_arrives_first_goes_on(first_ms: int, second_ms: int, branch: str) -> None:
    ended = racing(first_ms, second_ms)

    ended.assert_completed()
    merge = ended.node("merge")
    merge.assert_values(branch=branch, value=min(first_ms, second_ms))
    transfers = [event.subject for event in ended.events if event.type == "edge:transfer-completed"]
    assert len(transfers) == 1


def test_a_merge_that_is_switched_off_waits_for_its_switch() -> None:
    draft = FlowDraft()
    draft.add("TextNode", {"text": "a"}, node_id="a")
    draft.add("BooleanNode", {"flag": False}, node_id="off")
    draft.add("MergeNode", node_id="merge")
    draft.join("a.text", "merge.branches.branch-1")
    draft.join("off.flag", "merge.__execute")

    assert run_flow(draft).node("merge").status == "skipped"


def test_a_merge_whose_branches_never_run_is_skipped_at_the_end() -> None:
    draft = FlowDraft()
    draft.add("BooleanNode", {"flag": False}, node_id="off")
    draft.add("TextNode", node_id="a")
    draft.add("MergeNode", node_id="merge")
    draft.join("off.flag", "a.__execute")
    draft.join("a.text", "merge.branches.branch-1")

    ended = run_flow(draft)

    ended.assert_events("node:skipped a", "node:skipped merge", "flow:completed")


def test_a_flow_that_waits_until_a_date_goes_on_then() -> None:
    draft = FlowDraft()
    draft.add("DelayUntilNode", {"date": "2026-03-01T12:00:00Z"}, node_id="delay")
    draft.add("ServerTimeNode", node_id="time")
    draft.join("delay.__success", "time.__execute")

    ended = run_flow(draft, world=World(start="2026-02-01T00:00:00Z"))

    ended.assert_completed()
    assert ended.lasted == timedelta(days=28, hours=12)
    ended.node("time").assert_values(formattedTime="2026-03-01T12:00:00.000Z")
    ended.node("delay").assert_values(waitedMilliseconds=28.5 * 86_400_000)
