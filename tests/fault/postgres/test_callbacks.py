"""Faults where nodes wait for somebody outside: an answer that was taken is delivered, once."""

import asyncio

import pytest

from chaingraph.execution.events import EventType
from chaingraph.ids import ExecutionId
from tests.fault.faults import Kind
from tests.fault.fifty_nodes import flow_document
from tests.fault.postgres.plays import STRIKES, Play, Stage, calm, values
from tests.fault.postgres.visitors import TAKEN, Visitor, have_ended
from tests.fault.simulation import System

pytestmark = pytest.mark.timeout(1800)

YES = {"approved": True, "by": "ann", "comment": "fine"}
NO = {"approved": False, "by": "bob"}
BILL = {"n": 21}


async def answers_come(system: System, root_id: ExecutionId) -> None:
    """Twice each, others after them, and one too late."""
    ann, bob = Visitor(system, root_id), Visitor(system, root_id)
    assert await asyncio.gather(ann.answer("asks", YES), bob.answer("asks", YES)) == [TAKEN, TAKEN]
    assert await bob.answer("asks", NO) == "Conflict"
    await ann.until_logged(EventType.NODE_FAILED, "late")
    assert await bob.answer("late", BILL) == "NotFound"
    assert await ann.answer("hook", BILL) == TAKEN
    await ann.until(have_ended)
    assert await ann.answer("asks", YES) == TAKEN
    assert await bob.answer("asks", NO) == "Conflict"


PLAY = Play(
    flow_document(
        {
            "start": ("Plus", {}),
            "asks": ("HumanApprovalNode", {"question": "May it?"}),
            "pays": ("Charges", {}),
            "hook": ("WaitForCallbackNode", {}),
            "bills": ("Bills", {}),
            "late": ("WaitForCallbackNode", {"timeoutSeconds": 7}),
            "rescued": ("Length", {}),
        },
        [
            "asks.__success -> pays.__execute",
            "start.result -> pays.a",
            "hook.payload -> bills.given",
            "late.__errorMessage -> rescued.text",
        ],
    ),
    visit=answers_come,
    locks="lock table chaingraph.signals in access exclusive mode",
)


def test_without_a_fault_every_answer_is_delivered() -> None:
    trial = calm(PLAY)

    assert trial.problems(trial.audit.tree) == []
    assert values(trial, "asks")["decision"] == YES
    assert values(trial, "bills")["result"] == {"twice": 42}
    assert values(trial, "rescued")["text"] == "nobody has answered in time"


@pytest.mark.parametrize("kind", STRIKES)
def test_an_answer_is_delivered_once_whatever_breaks(kind: Kind, stage: Stage) -> None:
    stage.assert_unchanged(PLAY, kind)
