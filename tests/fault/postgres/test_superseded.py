"""An engine is stopped, its lease expires, a second one takes over: the first one writes nothing any more."""

from functools import partial

import pytest

from tests.fault.faults import Kind, Schedule, one
from tests.fault.postgres.statements import COMMIT
from tests.fault.postgres.stores import Place
from tests.fault.postgres.trials import assert_survived, try_on
from tests.fault.postgres.virtual_database import Contents, contents
from tests.fault.reporting import Places, Survived

pytestmark = pytest.mark.timeout(1800)


@pytest.mark.parametrize("kind", [Kind.STOPPED, Kind.LATE])
def test_what_a_superseded_engine_commits_touches_no_row(
    kind: Kind, virtual_url: str, few_places: Places, survived: Survived
) -> None:
    calm = try_on(Place(virtual_url), Schedule(calls=frozenset({COMMIT})))
    for commit in few_places(calm.calls):
        before: list[Contents] = []
        note = partial(_note, virtual_url, before)
        trial = try_on(Place(virtual_url), one(commit, kind, COMMIT), note)

        assert_survived(trial, survived)
        assert before == [contents(virtual_url)] * len(trial.injected)


def _note(url: str, noted: list[Contents]) -> None:
    noted.append(contents(url))
