"""Time limits over many slices, on virtual time: what runs counts, a sleep outside the engine does not."""

from dataclasses import replace

import pytest

from chaingraph.execution.options import ExecutionOptions, Limits
from chaingraph.graph.json_types import JsonObject
from chaingraph.usecases.slices import SliceSettings
from tests.fault.audit import Ended
from tests.fault.faults import Kind, Schedule, one
from tests.fault.fifty_nodes import flow_document
from tests.fault.reporting import Places, Survived
from tests.fault.simulation import System
from tests.fault.trial import Trial, try_out

pytestmark = pytest.mark.timeout(300)

# A sleep of less than five seconds stays in the engine.
SLICE_MS = 3_000
CHAIN = flow_document(
    {f"n{place}": ("Naps", {"seconds": 4}) for place in range(6)},
    [f"n{place}.result -> n{place + 1}.a" for place in range(5)],
)
LONG = flow_document({"n": ("Naps", {"seconds": 1200})}, [])
SHORT = flow_document({"n": ("Naps", {"seconds": 4.9})}, [])


class ShortSlices(System):
    def _slice_settings(self, remaining_ms: int) -> SliceSettings:
        return replace(super()._slice_settings(remaining_ms), slice_ms=SLICE_MS)


def trial_of(document: JsonObject, limits: Limits, schedule: Schedule | None = None) -> Trial:
    options = ExecutionOptions(execution=limits)
    return try_out(lambda: ShortSlices(document, schedule or Schedule(), options=options))


def ended(trial: Trial) -> Ended:
    return trial.audit.tree["/"]


def test_a_flow_longer_than_many_slices_completes_in_them() -> None:
    trial = trial_of(CHAIN, Limits())

    assert (ended(trial).status, trial.violations, trial.ledger.violations) == ("completed", [], [])
    assert 24 <= trial.seconds < 30
    assert trial.calls > trial_of(SHORT, Limits()).calls


def test_the_time_of_all_slices_counts_for_the_flow() -> None:
    trial = trial_of(CHAIN, Limits(flow_timeout_ms=10_000))

    assert (ended(trial).status, ended(trial).error[0]) == (
        "failed",
        "Flow execution timed out after 10000 ms",
    )
    assert 10 <= trial.seconds < 14


def test_the_time_of_all_its_slices_counts_for_a_node() -> None:
    trial = trial_of(SHORT, Limits(node_timeout_ms=4_000))

    assert ended(trial).error[0] == "Node n execution timed out after 4000 ms."
    assert 4 <= trial.seconds < 6


def test_a_sleep_outside_the_engine_counts_for_nobody() -> None:
    trial = trial_of(LONG, Limits(flow_timeout_ms=4_000, node_timeout_ms=4_000))

    assert ended(trial).status == "completed"
    assert trial.seconds >= 1200


@pytest.mark.parametrize("kind", [Kind.CRASH_BEFORE, Kind.CRASH_AFTER, Kind.WORKFLOW_KILLED])
def test_a_crash_does_not_make_the_limit_of_a_flow_longer_than_its_lost_time(
    kind: Kind, places: Places, survived: Survived
) -> None:
    limits = Limits(flow_timeout_ms=10_000)
    for call in places(trial_of(CHAIN, limits).calls):
        trial = trial_of(CHAIN, limits, one(call, kind))

        assert ended(trial).error[0] == "Flow execution timed out after 10000 ms", (call, trial.injected)
        survived(fault.kind for fault in trial.injected)
