"""Executions that go on in a new workflow run all the time; faults where one run ends and the next begins."""

from dataclasses import replace
from functools import cache

import pytest

from chaingraph.usecases.slices import SliceSettings
from tests.fault.faults import Kind, Schedule, one
from tests.fault.fifty_nodes import fifty_nodes
from tests.fault.reporting import Places, Survived
from tests.fault.simulation import System
from tests.fault.trial import Trial, try_out

pytestmark = pytest.mark.timeout(600)

DOCUMENT = fifty_nodes()
KINDS = (
    Kind.CRASH_BEFORE,
    Kind.CRASH_AFTER,
    Kind.REFUSED,
    Kind.REPLY_LOST,
    Kind.LATE,
    Kind.OUTAGE,
    Kind.WORKFLOW_KILLED,
    Kind.RUN_ENDED_BEFORE,
    Kind.RUN_ENDED_AFTER,
)


class OneTurn(System):
    """Each turn is the last of its workflow run."""

    def _slice_settings(self, remaining_ms: int) -> SliceSettings:
        return replace(super()._slice_settings(remaining_ms), max_turns=0)


def trial_of(schedule: Schedule) -> Trial:
    return try_out(lambda: OneTurn(DOCUMENT, schedule))


@cache
def calm() -> Trial:
    return trial_of(Schedule())


def test_an_execution_comes_to_the_same_end_in_many_workflow_runs() -> None:
    in_one_run = try_out(lambda: System(DOCUMENT, one(0, Kind.LATE, "start")))
    in_many = trial_of(one(0, Kind.LATE, "start"))

    assert in_many.problems(in_one_run.audit.tree) == []
    assert in_many.calls > in_one_run.calls


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_at_any_start_of_a_workflow_run_loses_and_doubles_nothing(
    kind: Kind, survived: Survived
) -> None:
    starts = trial_of(one(0, kind, "start")).calls
    for call in range(1, starts + 1):
        trial = trial_of(one(call, kind, "start"))

        assert trial.problems(calm().audit.tree) == [], (call, trial.injected)
        survived(fault.kind for fault in trial.injected)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_at_any_commit_before_a_new_workflow_run_loses_and_doubles_nothing(
    kind: Kind, places: Places, survived: Survived
) -> None:
    commits = trial_of(one(0, kind, "commit")).calls
    for call in places(commits):
        trial = trial_of(one(call, kind, "commit"))

        assert trial.problems(calm().audit.tree) == [], (call, trial.injected)
        survived(fault.kind for fault in trial.injected)
