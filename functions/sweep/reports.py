"""What is measured of each tick of the sweep."""

from chaingraph.aws.telemetry import Telemetry
from functions.sweep.looks import SweepReport


class SweepReporter:
    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def __call__(self, report: SweepReport) -> None:
        counts = {
            "Recoveries": report.found["restarted"],
            "RunningSlices": report.line.running,
            "QueueLength": report.line.length,
        }
        self._telemetry.measure(counts, {"QueueAge": [report.line.oldest_ms]})
