"""What is measured of each look of the sweep."""

from chaingraph.aws.metrics import QUEUE_AGE, QUEUE_LENGTH, RECOVERIES, RUNNING_SLICES
from chaingraph.aws.telemetry import Telemetry
from functions.sweep.looks import SweepReport


class SweepReporter:
    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def __call__(self, report: SweepReport) -> None:
        self._telemetry.measure(
            {
                RECOVERIES: report.found["restarted"],
                RUNNING_SLICES: report.line.running,
                QUEUE_LENGTH: report.line.length,
                QUEUE_AGE: report.line.oldest_ms,
            }
        )
