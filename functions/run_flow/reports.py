"""What is told of each turn: fields of its line in the log, and metrics."""

from chaingraph.aws.log_fields import note
from chaingraph.aws.metrics import COMMIT_LATENCY, EVENTS, NODES, RECOVERIES, SLICES
from chaingraph.aws.telemetry import Telemetry
from chaingraph.usecases.take_turn import TurnReport


class TurnReporter:
    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def __call__(self, report: TurnReport) -> None:
        for name, value in _fields(report).items():
            note(name, value)
        if report.epoch is not None:
            self._measure(report)

    def _measure(self, report: TurnReport) -> None:
        written = report.written
        self._telemetry.measure(
            {
                SLICES: 1,
                NODES: written.nodes,
                EVENTS: written.events,
                RECOVERIES: int(report.has_rescued),
                COMMIT_LATENCY: written.commit_ms,
            }
        )


def _fields(report: TurnReport) -> dict[str, object]:
    """What is usual is left out."""
    written = report.written
    unusual = {"in_line": report.is_in_line, "continued": report.has_continued, "rescued": report.has_rescued}
    return {
        **{name: is_so for name, is_so in unusual.items() if is_so},
        "events": written.events,
        "nodes": written.nodes,
        "commits": len(written.commit_ms),
        "slowest_commit_ms": round(max(written.commit_ms, default=0.0), 1),
    }
