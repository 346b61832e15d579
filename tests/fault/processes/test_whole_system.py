"""kill -9 of the whole system, the database included: the next start goes on where it was."""

import random

import pytest

from tests.fault.audit import Tree
from tests.fault.processes.faulty_system import FaultySystem
from tests.fault.processes.watched_flow import problems_of_all, watched_flow
from tests.fault.reporting import Survived
from tests.stock_client import StockClient

pytestmark = [pytest.mark.xdist_group("faulty system"), pytest.mark.timeout(120)]

LAST_EVENT = 200


@pytest.fixture
def moment(round_number: int) -> int:
    return random.Random(round_number).randrange(LAST_EVENT)  # noqa: S311


def test_what_ran_goes_on_and_what_stood_still_waits_for_its_command(
    faulty: FaultySystem, stock: StockClient, calm: Tree, survived: Survived, moment: int
) -> None:
    with (
        watched_flow(faulty, stock) as running,
        watched_flow(faulty, stock) as paused,
        watched_flow(faulty, stock) as created,
    ):
        paused.start()
        paused.raw.until(moment // 2)
        faulty.order(paused.execution_id, "pause")
        paused.raw.until_type("flow:paused")
        running.start()
        running.raw.until(moment)
        faulty.kill_everything()
        faulty.start_again()
        endings = [running.ended()]
        seen = list(paused.raw.types)
        faulty.order(paused.execution_id, "resume")
        created.start()
        endings += [paused.ended(), created.ended()]

    assert problems_of_all(endings, calm) == []
    assert seen[-1] == "flow:paused"
    survived(["everything killed"])
