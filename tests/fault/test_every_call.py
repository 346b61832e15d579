"""A fault at any call that a function makes: same values, each event once, no effect ahead of the log."""

from functools import cache

import pytest

from chaingraph.execution.options import ExecutionOptions, OnNodeFailure, SpawnChildren
from chaingraph.execution.slots import SlotLimits
from tests.fault.faults import DECISION, FAULTS, Kind, Schedule, one
from tests.fault.fifty_nodes import NODES, fifty_nodes, flow_document
from tests.fault.reporting import Places, Survived
from tests.fault.simulation import System
from tests.fault.trial import Trial, try_out

pytestmark = pytest.mark.timeout(600)

DOCUMENT = fifty_nodes()
AT_END = ExecutionOptions(spawn_children=SpawnChildren.AT_END)
ONE_SLOT = SlotLimits(in_all=1, of_owner=1)
FAILS = ExecutionOptions(on_node_failure=OnNodeFailure.FAIL)
FAILING = flow_document(
    {
        "start": ("Plus", {}),
        "sleeps": ("Naps", {"seconds": 3000}),
        "slow": ("Ponders", {}),
        "breaks": ("Breaks", {}),
    },
    ["start.result -> sleeps.a", "start.result -> slow.a", "slow.result -> breaks.a"],
)
DEATHS = (Kind.CRASH_BEFORE, Kind.CRASH_AFTER, Kind.REPLY_LOST)


@cache
def calm() -> Trial:
    return try_out(lambda: System(DOCUMENT, Schedule()))


def test_without_a_fault_all_fifty_nodes_and_every_child_come_to_their_end() -> None:
    trial = calm()

    assert len(NODES) == 50
    assert trial.problems(trial.audit.tree) == []
    assert {ended.status for ended in trial.audit.tree.values()} == {"completed"}
    assert sorted(name.count("/") for name in trial.audit.tree) == [1, 2, 2, 2, 3]


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_at_any_call_changes_nothing_that_anybody_sees(
    kind: Kind, places: Places, survived: Survived
) -> None:
    for call in places(calm().calls):
        trial = try_out(lambda: System(DOCUMENT, one(call, kind)))  # noqa: B023 - called at once

        assert trial.problems(calm().audit.tree) == [], (call, trial.injected)
        survived((fault.kind for fault in trial.injected), trial.run_again(calm()))


def test_a_crash_after_any_decision_of_the_engine_changes_nothing(places: Places, survived: Survived) -> None:
    def trial_of(schedule: Schedule) -> Trial:
        return try_out(lambda: System(DOCUMENT, schedule))

    without = trial_of(Schedule(calls=frozenset({DECISION})))
    for decision in places(without.calls):
        trial = trial_of(one(decision, Kind.CRASH_AFTER, DECISION))

        assert trial.problems(calm().audit.tree) == [], (decision, trial.injected)
        survived(["crash after a decision" for _ in trial.injected], trial.run_again(calm()))


@pytest.mark.parametrize("kind", DEATHS)
def test_where_children_start_at_the_end_none_is_lost_or_doubled(
    kind: Kind, places: Places, survived: Survived
) -> None:
    def trial_of(schedule: Schedule) -> Trial:
        return try_out(lambda: System(DOCUMENT, schedule, options=AT_END))

    without = trial_of(Schedule())
    for call in places(without.calls):
        trial = trial_of(one(call, kind))

        assert trial.problems(without.audit.tree) == [], (call, trial.injected)
        survived(fault.kind for fault in trial.injected)


@pytest.mark.parametrize("kind", DEATHS)
def test_with_one_slot_for_all_nobody_waits_for_ever(kind: Kind, places: Places, survived: Survived) -> None:
    def trial_of(schedule: Schedule) -> Trial:
        return try_out(lambda: System(DOCUMENT, schedule, slots=ONE_SLOT))

    for call in places(trial_of(Schedule()).calls):
        trial = trial_of(one(call, kind))

        assert trial.problems(calm().audit.tree) == [], (call, trial.injected)
        survived(fault.kind for fault in trial.injected)


@pytest.mark.parametrize("kind", FAULTS)
def test_a_flow_that_fails_while_nodes_run_fails_once(kind: Kind, places: Places, survived: Survived) -> None:
    def trial_of(schedule: Schedule) -> Trial:
        return try_out(lambda: System(FAILING, schedule, options=FAILS))

    without = trial_of(Schedule())
    for call in places(without.calls):
        trial = trial_of(one(call, kind))

        assert trial.problems(without.audit.tree) == [], (call, trial.injected)
        survived(fault.kind for fault in trial.injected)
