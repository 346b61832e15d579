"""What fell between two chairs is found by the next sweep, and what dies again and again is given up."""

from threading import Event

import psycopg
import pytest

from tests.fault.audit import Tree
from tests.fault.processes.deadly_nodes import deadly_flow
from tests.fault.processes.faulty_system import RETRY_SECONDS, FaultySystem
from tests.fault.processes.left_alone import LeftAlone
from tests.fault.processes.viewers import raw_viewer
from tests.fault.processes.watched_flow import problems_of_all, watched_flow
from tests.fault.processes.workflow_runs import name_of, stop_run
from tests.fault.reporting import Survived
from tests.stock_client import StockClient

pytestmark = [pytest.mark.xdist_group("faulty system"), pytest.mark.timeout(120)]

MOST_FAILURES = 5
DIED = "5 attempts to run it died; at last a slice died"
OLD_CONNECTION = """
insert into chaingraph.connections (id, user_id, is_admin, announces_identity, connected_at)
values (%(id)s, 'alice', false, false, now() - interval '3 hours')
"""


def test_executions_whose_functions_died_before_they_told_the_workflow_are_found(
    left_alone: LeftAlone, calm: Tree, survived: Survived
) -> None:
    endings = [left_alone.created.ended(), left_alone.started.ended()]

    assert problems_of_all(endings, calm) == []
    assert "no-workflow" in endings[0].records.recoveries
    survived(["workflow not started", "token not completed"])


def test_a_workflow_run_that_was_ended_is_replaced_at_once(
    faulty: FaultySystem, stock: StockClient, calm: Tree, survived: Survived
) -> None:
    with watched_flow(faulty, stock) as flow:
        flow.start()
        flow.raw.until(70)
        engines = flow.engines()
        stop_run(faulty, name_of(flow.execution_id, 1))
        ending = flow.ended()

    assert ending.problems(calm, superseded=engines) == []
    assert "workflow-ended" in ending.records.recoveries
    survived(["workflow run ended"])


def test_an_execution_that_dies_again_and_again_fails_and_its_viewers_learn_why(
    faulty: FaultySystem, stock: StockClient, survived: Survived
) -> None:
    with watched_flow(faulty, stock) as flow:
        for number in range(1, MOST_FAILURES + 1):
            stop_run(faulty, name_of(flow.execution_id, number))
        ending = flow.ended()

    root = ending.records.audit.tree["/"]
    reason = "5 attempts to run it died; at last its workflow ended before it did"
    assert (root.status, root.error) == ("failed", (reason, None, 0))
    assert flow.raw.types == ["execution:created", "flow:failed"]
    assert ending.received == [[-1, 0]] * len(ending.received)
    survived(["workflow run ended"] * MOST_FAILURES)


@pytest.mark.timeout(400)
@pytest.mark.usefixtures("every_fault")
def test_a_flow_that_kills_every_engine_fails_and_its_viewers_learn_why(
    faulty: FaultySystem, survived: Survived
) -> None:
    flow_id = faulty.system.store(deadly_flow(), token=faulty.token)
    execution_id = faulty.create(flow_id)
    with raw_viewer(faulty.websocket_url, execution_id) as viewer:
        faulty.order(execution_id, "start")
        viewer.until_stopped()
    told = faulty.asked("GET", f"/v1/executions/{execution_id}").json

    assert viewer.types[-1] == "flow:failed"
    assert (told["status"], told["errorMessage"]) == ("failed", DIED)
    survived(["engine killed"] * MOST_FAILURES)


def test_a_connection_whose_end_nobody_told_is_removed(faulty: FaultySystem, survived: Survived) -> None:
    with psycopg.connect(faulty.database_url, autocommit=True) as database:
        database.execute(OLD_CONNECTION, {"id": "orphan"})
        while database.execute("select from chaingraph.connections where id = 'orphan'").fetchone():
            Event().wait(RETRY_SECONDS)

    survived(["end of a connection not told"])
