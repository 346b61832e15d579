"""What is told of a slice that died."""

from chaingraph.aws.metrics import DEAD_SLICES, RECOVERIES
from chaingraph.aws.telemetry import Telemetry
from chaingraph.usecases.record_failure import DeadSlice, GiveUp, Verdict


class FailureReporter:
    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def __call__(self, dead: DeadSlice, verdict: Verdict) -> None:
        fields = {
            "execution_id": dead.execution_id,
            "workflow_run": dead.workflow_run,
            "error": dead.error,
            "given_up": isinstance(verdict, GiveUp) or None,
        }
        self._telemetry.log("slice died", fields)
        self._telemetry.measure({DEAD_SLICES: 1, RECOVERIES: 1})
