"""SIGKILL of the process that runs the engine, in the middle of a flow of fifty nodes."""

import signal
from collections.abc import Sequence

import pytest

from tests.fault.audit import Tree
from tests.fault.processes.faulty_system import ROUNDS, FaultySystem, send
from tests.fault.processes.watched_flow import Ending, WatchedFlow, problems_of_all, watched_flows
from tests.fault.reporting import Survived
from tests.stock_client import StockClient

pytestmark = [pytest.mark.xdist_group("faulty system"), pytest.mark.timeout(120)]

TOGETHER = 5


def test_without_a_fault_no_body_runs_twice(calm_run: Ending, calm: Tree) -> None:
    assert calm_run.problems(calm) == []
    assert calm_run.reruns == 0


def test_flows_whose_engines_were_killed_end_as_ever(
    faulty: FaultySystem, stock: StockClient, calm_run: Ending, survived: Survived, round_number: int
) -> None:
    apart = len(calm_run.received[0]) / (ROUNDS * TOGETHER + 1)
    counts = [round(apart * (1 + round_number + ROUNDS * place)) for place in range(TOGETHER)]
    with watched_flows(faulty, stock, TOGETHER) as flows:
        killed_at(counts, flows)
        endings = [flow.ended() for flow in flows]

    assert problems_of_all(endings, calm_run.records.audit.tree) == []
    survived(["engine killed"] * TOGETHER, [ending.reruns for ending in endings])


def killed_at(counts: Sequence[int], flows: Sequence[WatchedFlow]) -> None:
    """Each when so many of its events have been seen."""
    for count, flow in zip(counts, flows, strict=True):
        flow.raw.until(count)
        send(signal.SIGKILL, flow.engine())
