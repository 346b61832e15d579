"""A fault at any statement that a function sends, over PostgreSQL: nothing that anybody sees is changed."""

import pytest

from tests.fault.faults import FAULTS, Kind, Schedule, one
from tests.fault.postgres.statements import COMMIT
from tests.fault.postgres.stores import Place
from tests.fault.postgres.trials import assert_survived, calls, try_on
from tests.fault.reporting import Places, Survived
from tests.fault.simulation import SWEEP_SECONDS
from tests.fault.test_every_call import DEATHS, calm

pytestmark = pytest.mark.timeout(1800)

# How long a statement may take where it meets a lock that is held for longer.
TIMEOUT_MS = 100
HELD_SECONDS = 0.25


def test_without_a_fault_all_is_as_in_memory(virtual_url: str) -> None:
    assert try_on(Place(virtual_url), Schedule()).problems(calm().audit.tree) == []


@pytest.mark.parametrize("kind", DEATHS)
def test_a_death_at_any_statement_changes_nothing_that_anybody_sees(
    kind: Kind, virtual_url: str, few_places: Places, survived: Survived
) -> None:
    for call in few_places(calls()):
        assert_survived(try_on(Place(virtual_url), one(call, kind)), survived)


@pytest.mark.parametrize("kind", [kind for kind in (*FAULTS, Kind.ROW_LOCKED) if kind not in DEATHS])
def test_a_fault_at_every_third_statement_changes_nothing_that_anybody_sees(
    kind: Kind, virtual_url: str, few_places: Places, survived: Survived
) -> None:
    for third in few_places(calls() // 3):
        assert_survived(try_on(Place(virtual_url), one(third * 3, kind)), survived)


def test_statements_that_meet_a_lock_and_time_out_are_made_up_for(
    virtual_url: str, few_places: Places, survived: Survived
) -> None:
    limited = f"{virtual_url}&options=-c%20statement_timeout%3D{TIMEOUT_MS}"
    place = Place(virtual_url, functions_url=limited, locked_seconds=HELD_SECONDS)
    for third in few_places(calls() // 3):
        assert_survived(try_on(place, one(third * 3, Kind.TIMED_OUT)), survived)


def test_a_commit_whose_reply_was_lost_is_known_to_have_landed(
    virtual_url: str, few_places: Places, survived: Survived
) -> None:
    commits = try_on(Place(virtual_url), Schedule(calls=frozenset({COMMIT}))).calls
    for commit in few_places(commits):
        trial = try_on(Place(virtual_url), one(commit, Kind.REPLY_LOST, COMMIT))

        assert_survived(trial, survived)
        assert trial.seconds < SWEEP_SECONDS, "it was not, and waited for the sweep"
