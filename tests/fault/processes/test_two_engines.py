"""Two processes run one execution: the older one writes nothing more."""

import signal
from threading import Event

import pytest

from tests.fault.audit import Tree
from tests.fault.processes.faulty_system import RETRY_SECONDS, FaultySystem, send
from tests.fault.processes.watched_flow import WatchedFlow, watched_flow
from tests.fault.processes.workflow_runs import final_status, name_of, start_run
from tests.fault.reporting import Survived
from tests.stock_client import StockClient

pytestmark = [pytest.mark.xdist_group("faulty system"), pytest.mark.timeout(120)]


def test_an_engine_that_stood_still_finds_that_another_one_went_on(
    faulty: FaultySystem, stock: StockClient, calm: Tree, survived: Survived, round_number: int
) -> None:
    with watched_flow(faulty, stock) as flow:
        flow.start()
        flow.raw.until(100 - 10 * round_number)
        stopped = flow.engine()
        send(signal.SIGSTOP, stopped)
        until_another(flow, stopped)
        send(signal.SIGCONT, stopped)
        ending = flow.ended()

    assert ending.problems(calm, superseded={stopped}) == []
    assert "lease-expired" in ending.records.recoveries
    assert final_status(faulty, name_of(flow.execution_id, 1)) == "SUCCEEDED"
    survived(["engine stopped and continued"])


def test_further_workflow_runs_of_an_execution_do_no_harm(
    faulty: FaultySystem, stock: StockClient, calm: Tree, survived: Survived, round_number: int
) -> None:
    with watched_flow(faulty, stock) as flow:
        again = f"again-{flow.execution_id}"
        flow.start()
        flow.raw.until(60 + 10 * round_number)
        before = flow.engines()
        start_run(faulty, flow.execution_id, 1)
        start_run(faulty, flow.execution_id, 2)
        start_run(faulty, flow.execution_id, 1, again)
        ending = flow.ended()

    assert ending.problems(calm, superseded=before) == []
    runs = (name_of(flow.execution_id, 1), name_of(flow.execution_id, 2), again)
    assert {final_status(faulty, run) for run in runs} == {"SUCCEEDED"}
    survived(["workflow run started again", "second workflow run", "second workflow run"])


def until_another(flow: WatchedFlow, pid: int) -> None:
    while flow.engine() == pid:
        Event().wait(RETRY_SECONDS)
