"""What a person sees of a running flow."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console, RenderableType

from chaingraph.cli.durations import duration
from chaingraph.cli.flow_view import FlowView
from tests.flow_documents import flow, node
from tests.unit.cli.stand_in import event

TALL = 100
AT_ONE_SECOND = 1767600001000  # the time of event 0


def view_of(nodes: list[dict[str, Any]], events: list[dict[str, Any]]) -> FlowView:
    view = FlowView(flow(nodes))
    for index, found in enumerate([event(0, "flow:started"), *events]):
        view.see("EX1", {**found, "index": index})
    return view


def test_nodes_stand_in_their_order_with_status_time_and_result() -> None:
    view = view_of(
        [node("NumberNode", "a", num=7), node("MathNode", "b")],
        [
            event(1, "node:started", nodeId="a"),
            event(2, "node:completed", nodeId="a", executionTime=12),
            event(3, "node:failed", nodeId="b", executionTime=1500, error={"message": "no"}),
        ],
    )

    lines = shown(view.drawn(AT_ONE_SECOND, TALL))

    assert lines[2].split() == ["node", "type", "status", "time", "result"]
    assert lines[3].split() == ["Number", "Node", "NumberNode", "completed", "12", "ms", "num", "7"]
    assert lines[4].split() == ["Math", "MathNode", "failed", "1.5", "s", "no"]


def test_a_node_that_runs_shows_for_how_long() -> None:
    view = view_of([node("SleepNode", "a")], [event(0, "node:started", nodeId="a")])

    lines = shown(view.drawn(AT_ONE_SECOND + 2300, TALL))

    assert lines[0].endswith("running  2.3 s")
    assert lines[3].split() == ["Sleep", "SleepNode", "running", "2.3", "s"]


def test_nodes_that_never_ran_are_told_from_those_that_wait() -> None:
    nodes = [node("NumberNode", "a")]

    waiting = shown(view_of(nodes, []).drawn(AT_ONE_SECOND, TALL))
    over = shown(view_of(nodes, [event(1, "flow:completed", executionTime=1)]).drawn(AT_ONE_SECOND, TALL))

    assert "waiting" in waiting[3]
    assert "not run" in over[3]


def test_a_child_is_nested_and_shows_only_the_nodes_that_took_part() -> None:
    view = view_of(
        [node("NumberNode", "a"), node("TextNode", "b")],
        [event(1, "child:spawned", childExecutionId="EXchild", eventName="ping")],
    )
    view.see("EXchild", event(0, "flow:started"))
    view.see("EXchild", event(1, "node:started", nodeId="b"))

    lines = shown(view.drawn(AT_ONE_SECOND, TALL))

    assert lines[5].startswith("└ ping/hild")
    assert lines[6].startswith("  Text Node")
    assert lines[7] == ""


def test_a_small_screen_shows_the_nodes_that_run_and_those_that_changed_last() -> None:
    names = [f"n{place}" for place in range(10)]
    ended = [event(1, "node:completed", nodeId=name) for name in names[1:8]]
    view = view_of(
        [{**node("NumberNode", name), "metadata": {"title": name}} for name in names],
        [event(1, "node:started", nodeId="n0"), *ended],
    )

    lines = shown(view.drawn(AT_ONE_SECOND, height=15))

    assert [line.split()[0] for line in lines[3:6]] == ["n0", "n6", "n7"]
    assert lines[6] == "… and 7 more nodes"
    assert len(lines) <= 15


def test_at_the_end_every_node_is_shown() -> None:
    view = view_of([node("NumberNode", f"n{place}") for place in range(50)], [])

    assert len([line for line in shown(view.whole(AT_ONE_SECOND)) if "NumberNode" in line]) == 50


def test_long_lines_are_cut_off_at_the_width_of_the_screen() -> None:
    view = view_of(
        [node("DebugLogNode", "a")],
        [event(1, "node:debug-log-string", nodeId="a", log="word " * 50)],
    )

    lines = shown(view.drawn(AT_ONE_SECOND, TALL), width=60)

    assert max(map(len, lines)) == 60
    assert len(lines) == len(shown(view.drawn(AT_ONE_SECOND, TALL), width=500))


def test_what_the_table_shows_is_not_repeated_among_the_last_events() -> None:
    view = view_of(
        [node("NumberNode", "a")],
        [
            event(1, "node:status-changed", nodeId="a", oldStatus="idle", newStatus="executing"),
            event(2, "node:started", nodeId="a"),
            event(3, "edge:transfer-completed", edgeId="e1"),
        ],
    )

    lines = shown(view.drawn(AT_ONE_SECOND, TALL))

    assert not [line for line in lines if "status-changed" in line or "node:started" in line]
    assert lines[-1].split() == ["3", "edge:transfer-completed", "e1"]


def test_a_notice_stands_among_the_events() -> None:
    view = view_of([], [])

    view.notice("connection lost")

    assert shown(view.drawn(AT_ONE_SECOND, TALL))[-1] == "connection lost"


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (event(4, "flow:started"), "    4  flow:started"),
        (event(4, "flow:paused", reason="lunch"), "    4  flow:paused              lunch"),
        (event(4, "flow:completed", executionTime=61_500), "    4  flow:completed           in 1 min 01 s"),
        (
            event(4, "node:completed", nodeId="a", executionTime=3),
            "    4  node:completed           Number Node  num 0  in 3 ms",
        ),
        (
            event(4, "node:status-changed", nodeId="a", oldStatus="idle", newStatus="executing"),
            "    4  node:status-changed      Number Node  idle → executing",
        ),
        (
            event(4, "edge:transfer-failed", edgeId="e1", error={"message": "no value"}),
            "    4  edge:transfer-failed     e1  no value",
        ),
        (
            event(4, "child:spawned", childExecutionId="EX2", eventName="ping"),
            "    4  child:spawned            ping EX2",
        ),
        (event(4, "node:started", nodeId="[red]x"), "    4  node:started             [red]x"),
    ],
)
def test_an_event_is_a_line(told: dict[str, Any], line: str) -> None:
    view = FlowView(flow([node("NumberNode", "a")]))

    assert view.see("EX1", told).plain.rstrip() == line


def test_the_summary_counts_what_became_of_the_nodes() -> None:
    view = view_of(
        [node("NumberNode", "a"), node("NumberNode", "b"), node("NumberNode", "c")],
        [
            event(1, "node:completed", nodeId="a"),
            event(2, "node:skipped", nodeId="b", reason="x"),
            event(3, "flow:failed", executionTime=20, error={"message": "too slow"}),
        ],
    )

    assert view.summary().plain == "failed in 20 ms: too slow (1 completed, 1 skipped)"


def test_the_summary_of_an_empty_flow_says_that_nothing_ran() -> None:
    view = view_of([], [event(1, "flow:completed", executionTime=0)])

    assert view.summary().plain == "completed in 0 ms (no node ran)"


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0, "0 ms"), (999, "999 ms"), (1000, "1.0 s"), (59_940, "59.9 s"), (60_000, "1 min 00 s")],
)
def test_durations_are_written_for_people(milliseconds: int, text: str) -> None:
    assert duration(milliseconds) == text


def shown(drawn: RenderableType, *, width: int = 120) -> list[str]:
    page = StringIO()
    Console(file=page, width=width, color_system=None).print(drawn)
    return [line.rstrip() for line in page.getvalue().rstrip("\n").split("\n")]
