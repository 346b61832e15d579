"""Faults on the way of commands: none that was sent is lost, by the root or by those below it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from chaingraph.execution.commands import CommandKind
from chaingraph.execution.events import EventType
from chaingraph.execution.execution import Execution
from chaingraph.execution.status import Status
from chaingraph.execution.waiting import Paused, Sleeping, waiting_reason
from chaingraph.ids import ExecutionId
from tests.fault.faults import Kind, Schedule, one
from tests.fault.fifty_nodes import flow_document
from tests.fault.postgres.plays import STRIKES, Play, Stage, calm
from tests.fault.postgres.visitors import Visitor
from tests.fault.simulation import System
from tests.fault.test_commands import PAUSING, SOON_SECONDS, types, without_pauses

pytestmark = pytest.mark.timeout(1800)

FAMILY = 2
# Longer than everything that happens meanwhile.
LONG = {"seconds": 3000}
TOLD = (EventType.FLOW_PAUSED, EventType.FLOW_RESUMED, EventType.FLOW_CANCELLED)


def all_are(status: Status, reason: type[Paused | Sleeping]) -> Callable[[Sequence[Execution]], bool]:
    """Parent and child, and nobody works on them."""

    def is_so(tree: Sequence[Execution]) -> bool:
        found = [(execution.status, type(waiting_reason(execution))) for execution in tree]
        return found == [(status, reason)] * FAMILY

    return is_so


async def pauses_resumes_and_stops(system: System, root_id: ExecutionId) -> None:
    visitor = Visitor(system, root_id)
    await visitor.until(all_are(Status.RUNNING, Sleeping))
    await visitor.command(CommandKind.PAUSE)
    await visitor.until(all_are(Status.PAUSED, Paused))
    await visitor.command(CommandKind.RESUME)
    await visitor.until(all_are(Status.RUNNING, Sleeping))
    await visitor.command(CommandKind.STOP)


PLAY = Play(
    flow_document(
        {
            "start": ("Plus", {}),
            "emits": ("Emits", {"name": "order"}),
            "naps": ("Naps", LONG),
            "orders": ("EventListenerNodeV2", {"eventName": "order"}),
            "order": ("Naps", LONG),
        },
        ["start.result -> emits.a", "orders.__success -> order.__execute"],
    ),
    visit=pauses_resumes_and_stops,
)


BUSY = Play(
    flow_document(
        {
            "start": ("Plus", {}),
            "slow": ("Ponders", {}),
            **{f"emit{place}": ("Emits", {"name": "order"}) for place in range(2)},
            "orders": ("EventListenerNodeV2", {"eventName": "order"}),
            "pays": ("Charges", {}),
        },
        [
            "start.result -> emit0.a",
            "start.result -> slow.a",
            "slow.result -> emit1.a",
            "orders.__success -> pays.__execute",
        ],
    )
)


def test_without_a_fault_parent_and_child_obey() -> None:
    trial = calm(PLAY)

    assert trial.problems(trial.audit.tree) == []
    assert [ended.status for ended in trial.audit.tree.values()] == ["stopped"] * FAMILY
    for log in trial.audit.logs.values():
        assert [event.type for event in log if event.type in TOLD] == list(TOLD)


@pytest.mark.parametrize("kind", STRIKES)
def test_a_command_is_obeyed_by_all_whatever_breaks(kind: Kind, stage: Stage) -> None:
    stage.assert_unchanged(PLAY, kind)


def test_an_accepted_stop_at_any_statement_is_the_end(stage: Stage) -> None:
    for call in stage.places(stage.trial(BUSY, Schedule()).calls):
        trial = stage.trial(BUSY, one(call, Kind.STOP))

        expected = ("stopped", "flow:cancelled") if trial.accepted else ("completed", "flow:completed")
        assert (trial.audit.tree["/"].status, types(trial)[-1]) == expected, trial.injected
        assert max(trial.delays, default=0) <= SOON_SECONDS, trial.injected
        assert trial.violations == trial.ledger.violations == []


def test_an_accepted_pause_at_any_statement_comes_about_and_nothing_is_lost_by_it(stage: Stage) -> None:
    for call in stage.places(stage.trial(BUSY, Schedule()).calls):
        trial = stage.trial(BUSY, one(call, Kind.PAUSE))
        paused = replace(trial, audit=replace(trial.audit, tree=without_pauses(trial.audit.tree)))

        assert paused.problems(calm(BUSY).audit.tree) == [], trial.injected
        assert [types(trial).count(kind) for kind in sorted(PAUSING)] == [len(trial.accepted)] * 2
        assert max(trial.delays, default=0) <= SOON_SECONDS, trial.injected
