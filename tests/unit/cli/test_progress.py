"""What a tree of executions looks like after each event."""

from typing import Any

import pytest

from chaingraph.cli.progress import Progress, Standing
from tests.flow_documents import flow, node
from tests.unit.cli.stand_in import event


def started() -> Progress:
    document = flow([node("MathNode", "sum"), node("NumberNode", "n", num=7), node("DebugLogNode", "log")])
    progress = Progress(document)
    progress.take("EX1", event(0, "flow:started"))
    return progress


def test_before_anything_happens_there_is_no_root() -> None:
    assert Progress(flow([])).root is None


def test_every_node_waits_at_first() -> None:
    root = started().root

    assert root is not None
    assert [step.standing for step in root.nodes.values()] == [Standing.WAITING] * 3
    assert root.standing is Standing.RUNNING


@pytest.mark.parametrize(
    ("kind", "standing"),
    [
        ("node:started", Standing.RUNNING),
        ("debug:breakpoint-hit", Standing.PAUSED),
        ("node:completed", Standing.COMPLETED),
        ("node:failed", Standing.FAILED),
        ("node:skipped", Standing.SKIPPED),
    ],
)
def test_a_node_stands_where_its_last_event_says(kind: str, standing: Standing) -> None:
    execution = started().take("EX1", event(1, kind, nodeId="sum"))

    assert execution.nodes["sum"].standing is standing


@pytest.mark.parametrize(
    ("kind", "standing", "is_over"),
    [
        ("flow:paused", Standing.PAUSED, False),
        ("flow:resumed", Standing.RUNNING, False),
        ("flow:completed", Standing.COMPLETED, True),
        ("flow:failed", Standing.FAILED, True),
        ("flow:cancelled", Standing.STOPPED, True),
    ],
)
def test_an_execution_stands_where_its_last_event_says(
    kind: str, standing: Standing, *, is_over: bool
) -> None:
    execution = started().take("EX1", event(1, kind))

    assert (execution.standing, execution.is_over) == (standing, is_over)


@pytest.mark.parametrize(
    ("kind", "facts", "says"),
    [
        ("node:failed", {"error": {"name": "Error", "message": "no\nway"}}, "no way"),
        ("node:skipped", {"reason": "switched off"}, "switched off"),
        ("node:completed", {"values": {"a": 1, "result": 3}}, "result 3"),
        ("node:completed", {"values": {"result": None}}, ""),
        ("node:completed", {"values": {"result": "x" * 50}}, f'result "{"x" * 38}…'),
    ],
)
def test_a_node_says_what_it_made_or_why_it_did_not(kind: str, facts: dict[str, Any], says: str) -> None:
    execution = started().take("EX1", event(1, kind, nodeId="sum", **facts))

    assert execution.nodes["sum"].says == says


def test_a_node_that_passes_its_value_on_shows_it() -> None:
    execution = started().take("EX1", event(1, "node:completed", nodeId="n"))

    assert execution.nodes["n"].says == "num 7"


def test_a_node_without_outputs_shows_what_it_logged() -> None:
    progress = started()
    progress.take("EX1", event(1, "node:debug-log-string", nodeId="log", log="hello"))

    execution = progress.take("EX1", event(2, "node:completed", nodeId="log"))

    assert execution.nodes["log"].says == "hello"


def test_time_runs_from_the_start_over_a_pause() -> None:
    progress = started()
    progress.take("EX1", event(1, "flow:paused", reason="lunch"))

    execution = progress.take("EX1", event(2, "flow:resumed"))

    assert execution.began_ms == progress.take("EX1", event(3, "node:started", nodeId="sum")).began_ms
    assert execution.nodes["sum"].began_ms - execution.began_ms == 3000


def test_the_reason_of_a_pause_ends_with_it() -> None:
    progress = started()

    assert progress.take("EX1", event(1, "flow:paused", reason="lunch")).says == "lunch"
    assert progress.take("EX1", event(2, "flow:resumed")).says == ""


def test_a_child_hangs_below_its_parent() -> None:
    progress = started()
    progress.take("EX1", event(1, "child:spawned", childExecutionId="EXchild", eventName="ping"))
    progress.take("EXchild", event(0, "flow:started"))

    root = progress.root

    assert root is not None
    assert [(step.id, step.label, step.depth) for step in root.tree()] == [
        ("EX1", "", 0),
        ("EXchild", "ping/hild", 1),
    ]
    assert root.children[0].standing is Standing.RUNNING
    assert root.nodes["sum"].standing is Standing.WAITING


def test_a_node_that_the_flow_no_longer_has_is_shown_by_its_id() -> None:
    execution = started().take("EX1", event(1, "node:started", nodeId="gone"))

    assert execution.nodes["gone"].title == "gone"


def test_events_of_unknown_types_change_nothing() -> None:
    progress = started()

    execution = progress.take("EX1", event(1, "flow:invented", nodeId="sum", much=[]))

    assert execution.standing is Standing.RUNNING
    assert execution.nodes["sum"].standing is Standing.WAITING
