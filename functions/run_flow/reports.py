"""What is told of each turn: a line of the log, and metrics."""

from chaingraph.aws.metrics import COMMIT_LATENCY, EVENTS, NODES, RECOVERIES, SLICES
from chaingraph.aws.telemetry import Telemetry
from chaingraph.usecases.take_turn import TurnReport


class TurnReporter:
    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def __call__(self, report: TurnReport) -> None:
        turn, written = report.turn, report.written
        fields = {
            "execution_id": turn.execution_id,
            "workflow_run": turn.workflow_run,
            "slice": turn.number,
            "epoch": report.epoch,
            "next": report.verdict.next,
            "in_line": report.is_in_line or None,
            "continued": report.has_continued or None,
            "rescued": report.has_rescued or None,
            "events": written.events,
            "nodes": written.nodes,
            "commits": len(written.commit_ms),
            "slowest_commit_ms": round(max(written.commit_ms, default=0.0), 1),
        }
        self._telemetry.log("slice", fields)
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
