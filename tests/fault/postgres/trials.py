"""Trials over PostgreSQL; what is expected of them is told by a trial in memory without a fault."""

from collections.abc import Callable

from tests.fault.faults import Schedule
from tests.fault.fifty_nodes import fifty_nodes
from tests.fault.postgres.stores import Place, PostgresStores
from tests.fault.postgres.virtual_database import DatabaseLoop, clear
from tests.fault.reporting import Survived
from tests.fault.simulation import System
from tests.fault.test_every_call import calm
from tests.fault.trial import Trial, try_out

DOCUMENT = fifty_nodes()
# Over sockets it is not always the same number.
MORE_CALLS = 10


def try_on(place: Place, schedule: Schedule, on_going_on: Callable[[], None] = lambda: None) -> Trial:
    clear(place.url)
    return try_out(
        lambda: System(DOCUMENT, schedule, stores=PostgresStores(place), on_going_on=on_going_on),
        loop=DatabaseLoop,
    )


def calls() -> int:
    """At least so many calls does an execution make; a fault after the last one strikes nobody."""
    return calm().calls + MORE_CALLS


def assert_survived(trial: Trial, survived: Survived, *elsewhere: Schedule) -> None:
    """`elsewhere`: what counted faults that the functions themselves did not meet."""
    injected = [*trial.injected, *(fault for schedule in elsewhere for fault in schedule.injected)]

    assert trial.problems(calm().audit.tree) == [], injected
    survived((f"{fault.kind} (PostgreSQL)" for fault in injected), trial.run_again(calm()))
