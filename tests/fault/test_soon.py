"""What has to come about without waiting for a sweep."""

import pytest

from chaingraph.execution.events import Event
from tests.fault.faults import Kind, Schedule, one
from tests.fault.fifty_nodes import fifty_nodes, flow_document
from tests.fault.reporting import Places, Survived
from tests.fault.simulation import SWEEP_SECONDS, System
from tests.fault.trial import Trial, try_out

pytestmark = pytest.mark.timeout(600)

DOCUMENT = fifty_nodes()
BUSY = flow_document(
    {
        "start": ("Plus", {}),
        "emits": ("Emits", {"name": "order"}),
        "stays": ("Naps", {"seconds": 4}),
        "orders": ("EventListenerNodeV2", {"eventName": "order"}),
        "pays": ("Charges", {}),
    },
    ["start.result -> emits.a", "start.result -> stays.a", "orders.__success -> pays.__execute"],
)


def ends_ms(log: list[Event]) -> int:
    return log[-1].at_ms


def test_a_child_runs_while_its_parent_is_busy() -> None:
    trial = try_out(lambda: System(BUSY, Schedule()))

    parent, child = (list(trial.audit.logs[name]) for name in sorted(trial.audit.logs))
    assert ends_ms(child) < ends_ms(parent) - 3_000


@pytest.mark.parametrize("kind", [Kind.CRASH_BEFORE, Kind.CRASH_AFTER, Kind.REFUSED, Kind.REPLY_LOST])
def test_after_a_fault_at_a_commit_all_goes_on_at_once(
    kind: Kind, places: Places, survived: Survived
) -> None:
    def trial_of(schedule: Schedule) -> Trial:
        return try_out(lambda: System(DOCUMENT, schedule))

    calm = trial_of(Schedule(calls=frozenset({"commit"})))
    for call in places(calm.calls):
        trial = trial_of(one(call, kind, "commit"))

        assert trial.problems(calm.audit.tree) == [], (call, trial.injected)
        assert trial.seconds < SWEEP_SECONDS, (call, trial.injected)
        survived(fault.kind for fault in trial.injected)
