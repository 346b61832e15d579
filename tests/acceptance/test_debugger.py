"""Breakpoints and steps. Ours: an execution at a breakpoint is paused, holds nothing and survives a crash.

The first node at a breakpoint holds the whole execution; the event shows the values that would come to it.
A step runs what is ready now and pauses again, so that steps are counted in waves; a step over runs one node.
What ends at a stop says the reason of the stop.
"""

import pytest

from chaingraph.execution.commands import CommandKind
from chaingraph.execution.options import Limits
from chaingraph.execution.status import Status
from tests.acceptance.sketches import flow
from tests.acceptance.slices import started

pytestmark = pytest.mark.anyio

PAIR = flow(
    {"source1": ("Sum", {"A": 5, "B": 10}), "source2": ("Sum", {"A": 3, "B": 7}), "final": "Sum"},
    "source1.output -> final.A",
    "source2.output -> final.B",
)
SEVEN = flow(
    {
        **{f"source{n}": ("Sum", {"A": n, "B": 10 - n}) for n in (1, 2, 3)},
        "source4": ("Sum", {"A": 20, "B": 5}),
        "merger1": "Sum",
        "merger2": "Sum",
        "final": "Sum",
    },
    "source1.output -> merger1.A",
    "source2.output -> merger1.B",
    "source3.output -> merger2.A",
    "source4.output -> merger2.B",
    "merger1.output -> final.A",
    "merger2.output -> final.B",
)
NODES_OF_SEVEN = [str(node["id"]) for node in SEVEN["nodes"]]


async def test_only_the_node_with_the_breakpoint_holds_and_going_on_runs_all() -> None:
    execution = await started(PAIR, breakpoints=["source1"])

    held = await execution.settled()
    state = await execution.state()
    await execution.command(CommandKind.RESUME)
    ended = await execution.settled()

    assert (held, ended) == (Status.PAUSED, Status.COMPLETED)
    assert (state.is_paused, state.current_node) == (True, "source1")
    assert [hit["nodeId"] for hit in await execution.payloads("debug:breakpoint-hit")] == ["source1"]
    assert await execution.results("output") == {"source1": 15, "source2": 10, "final": 25}


async def test_with_a_breakpoint_everywhere_each_node_starts_holds_and_completes() -> None:
    execution = await started(PAIR, breakpoints=["source1", "source2", "final"])

    while await execution.settled() is Status.PAUSED:
        await execution.command(CommandKind.STEP)

    of_nodes = [entry for entry in await execution.trace() if entry[0].split(":")[0] in ("node", "debug")]
    for node in ("source1", "source2", "final"):
        types = [type_ for type_, subject in of_nodes if subject == node and type_ != "node:status-changed"]
        assert types == ["node:started", "debug:breakpoint-hit", "node:completed"]
    assert await execution.results("output") == {"source1": 15, "source2": 10, "final": 25}


async def test_a_flow_paused_at_its_start_is_done_in_as_many_steps_as_it_has_waves() -> None:
    execution = await started(SEVEN, execution=Limits(max_concurrency=2))
    await execution.command(CommandKind.PAUSE)

    waves: list[set[str]] = []
    while await execution.settled() is Status.PAUSED:
        waves.append(set(await execution.completed()))
        await execution.command(CommandKind.STEP)

    sources = {f"source{n}" for n in (1, 2, 3, 4)}
    assert waves == [set(), sources, sources | {"merger1", "merger2"}]
    assert (await execution.results("output"))["final"] == 55


async def test_stepping_over_takes_one_step_for_each_node_and_sources_come_before_their_merger() -> None:
    execution = await started(SEVEN, execution=Limits(max_concurrency=2))
    await execution.command(CommandKind.PAUSE)

    counts: list[int] = []
    while await execution.settled() is Status.PAUSED:
        counts.append(len(await execution.completed()))
        await execution.command(CommandKind.STEP_OVER)

    order = await execution.completed()
    assert counts == [0, 1, 2, 3, 4, 5, 6]
    assert sorted(order) == sorted(NODES_OF_SEVEN)
    assert max(order.index("source1"), order.index("source2")) < order.index("merger1")
    assert max(order.index("source3"), order.index("source4")) < order.index("merger2")
    assert order[-1] == "final"


async def test_seven_breakpoints_hold_seven_times() -> None:
    execution = await started(SEVEN, breakpoints=NODES_OF_SEVEN, execution=Limits(max_concurrency=2))

    held: list[str | None] = []
    while await execution.settled() is Status.PAUSED:
        held.append((await execution.state()).current_node)
        await execution.command(CommandKind.RESUME)

    assert sorted(map(str, held)) == sorted(NODES_OF_SEVEN)
    assert (await execution.results("output"))["final"] == 55


async def test_a_stop_at_a_breakpoint_fails_the_node_that_is_held_and_cancels_the_flow() -> None:
    execution = await started(PAIR, breakpoints=["final"])
    await execution.settled()
    await execution.command(CommandKind.STOP, "Stopped by debugger")

    status = await execution.settled()

    assert status is Status.STOPPED
    assert (await execution.trace())[-2:] == [("node:failed", "final"), ("flow:cancelled", None)]
    assert [failed["error"]["message"] for failed in await execution.payloads("node:failed")] == [
        "Stopped by debugger"
    ]
    assert [cancelled["reason"] for cancelled in await execution.payloads("flow:cancelled")] == [
        "Stopped by debugger"
    ]
