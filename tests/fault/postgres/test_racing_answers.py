"""Two answers for one node at once: one of them is the first, and is what the node gets."""

import asyncio
from functools import partial

import pytest

from chaingraph.execution.events import EventType
from chaingraph.graph.json_types import object_of
from chaingraph.ids import ExecutionId
from tests.fault.faults import Kind, Schedule
from tests.fault.fifty_nodes import flow_document
from tests.fault.postgres.plays import Play, Stage
from tests.fault.postgres.visitors import TAKEN, Visitor, have_ended
from tests.fault.simulation import System
from tests.fault.virtual_clock import now_ms

pytestmark = pytest.mark.timeout(1800)

YES = {"approved": True, "by": "ann"}
NO = {"approved": False, "by": "bob"}
ONE_IS_FIRST = [((TAKEN, "Conflict"), YES), (("Conflict", TAKEN), NO)]
TOO_LATE = (("NotFound", "NotFound"), None)


async def both_answer(system: System, root_id: ExecutionId) -> tuple[tuple[str, ...], object]:
    """What they are told, and what the node gets."""
    visitor = Visitor(system, root_id)
    told = await asyncio.gather(visitor.answer("asks", YES), visitor.answer("asks", NO))
    await visitor.until(have_ended)
    (asks,) = [result for result in await system.stores.results(root_id) if result.node_id == "asks"]
    return (*told,), object_of(asks.detail["values"]).get("decision")


async def one_is_first(system: System, root_id: ExecutionId) -> None:
    assert await both_answer(system, root_id) in ONE_IS_FIRST


# The nap is longer than a client is late: one that has looked before the first answer may still send its own.
CONTESTED = Play(
    flow_document({"asks": ("HumanApprovalNode", {}), "naps": ("Naps", {"seconds": 12})}, []),
    visit=one_is_first,
)


@pytest.mark.parametrize("kind", [Kind.CRASH_AFTER, Kind.REPLY_LOST, Kind.LATE])
def test_of_two_answers_one_is_first_whatever_breaks(kind: Kind, stage: Stage) -> None:
    for trial, injected in stage.trials(CONTESTED, kind):
        assert trial.problems(trial.audit.tree) == [], injected
        stage.survived(f"{fault.kind} (PostgreSQL)" for fault in injected)


TWO_SECONDS = 2
SHORT = flow_document({"asks": ("HumanApprovalNode", {"timeoutSeconds": TWO_SECONDS})}, [])
# The milliseconds at which answers come: while the node waits, about the time at which it does not any more.
MOMENTS = (*range(100, 1900, 400), *range(1990, 2003))


async def one_or_none(system: System, root_id: ExecutionId, *, at_ms: int) -> None:
    opened = await Visitor(system, root_id).until_logged(EventType.CALLBACK_OPENED, "asks")
    began_ms = opened["until"] - TWO_SECONDS * 1000
    await asyncio.sleep((began_ms + at_ms - now_ms()) / 1000)
    assert await both_answer(system, root_id) in [*ONE_IS_FIRST, TOO_LATE]


def test_of_two_answers_and_the_end_of_the_time_one_is_first(stage: Stage) -> None:
    for place in stage.places(len(MOMENTS)):
        play = Play(SHORT, visit=partial(one_or_none, at_ms=MOMENTS[place - 1]))
        trial = stage.trial(play, Schedule())

        assert trial.problems(trial.audit.tree) == []
