"""Wake-ups of the relay are lost, repeated and late: every viewer sees each event once, in order."""

import pytest

from tests.fault.faults import HINTS, Fault, Kind, Schedule, one
from tests.fault.postgres.stores import Place
from tests.fault.postgres.trials import assert_survived, try_on
from tests.fault.postgres.wake_ups import OF_EVENTS, OF_SUBSCRIPTIONS
from tests.fault.reporting import Places, Survived

pytestmark = pytest.mark.timeout(1800)

# A few polls of the relay, each of which would do, and the look at the end of all.
SOON_SECONDS = 10


NAMES = [[OF_EVENTS], [OF_EVENTS, OF_SUBSCRIPTIONS]]


@pytest.mark.parametrize("kind", HINTS)
def test_a_wake_up_may_get_lost_or_come_late_or_twice(
    kind: Kind, virtual_url: str, few_places: Places, survived: Survived
) -> None:
    counted = Schedule()
    assert_survived(try_on(Place(virtual_url, hints=counted), Schedule()), survived)
    assert counted.count
    for hint in few_places(counted.count):
        hints = one(hint, kind)
        trial = try_on(Place(virtual_url, hints=hints), Schedule())

        assert_survived(trial, survived, hints)
        assert trial.seconds < SOON_SECONDS


@pytest.mark.parametrize("kind", HINTS)
@pytest.mark.parametrize("names", NAMES, ids=" and ".join)
def test_so_may_all_of_them(names: list[str], kind: Kind, virtual_url: str, survived: Survived) -> None:
    hints = Schedule([Fault(hint, kind) for hint in range(1000)], frozenset(names))

    trial = try_on(Place(virtual_url, hints=hints), Schedule())

    assert_survived(trial, survived, hints)
    assert trial.seconds < SOON_SECONDS
