"""What the functions tell of their work."""

from dataclasses import dataclass, field, replace
from typing import Any

import orjson
import pytest

from chaingraph.aws.log_fields import fields_of, noting
from chaingraph.aws.telemetry import Telemetry
from chaingraph.execution.slots import LineReport
from chaingraph.ids import Epoch, ExecutionId, WorkflowRun
from chaingraph.usecases.record_failure import DeadSlice, GiveUp
from chaingraph.usecases.slices import DONE
from chaingraph.usecases.take_turn import Turn, TurnReport
from chaingraph.usecases.turn_runs import Written
from functions.record_failure.reports import FailureReporter
from functions.run_flow.reports import TurnReporter
from functions.sweep.looks import SweepReport
from functions.sweep.reports import SweepReporter


@dataclass(slots=True)
class Said:
    logged: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    measured: dict[str, list[float]] = field(default_factory=dict[str, list[float]])


def read(capsys: pytest.CaptureFixture[str]) -> Said:
    said = Said()
    for text in capsys.readouterr().out.splitlines():
        line = orjson.loads(text)
        if "_aws" not in line:
            said.logged.append(line)
            continue
        (described,) = line["_aws"]["CloudWatchMetrics"]
        said.measured |= {metric["Name"]: line[metric["Name"]] for metric in described["Metrics"]}
    return said


REPORT = TurnReport(
    turn=Turn(ExecutionId("EX1"), WorkflowRun(2), 3),
    epoch=Epoch(9),
    verdict=DONE,
    is_in_line=False,
    has_continued=False,
    has_rescued=True,
    written=Written(events=12, nodes=3, commit_ms=[1.5, 2.5]),
)


def test_a_turn_is_told_in_the_line_of_its_invocation(capsys: pytest.CaptureFixture[str]) -> None:
    with noting() as noted:
        TurnReporter(Telemetry("turns", "Tests"))(REPORT)

    assert fields_of(noted) == {
        "rescued": True,
        "events": 12,
        "nodes": 3,
        "commits": 2,
        "slowest_commit_ms": 2.5,
    }
    assert read(capsys).measured == {
        "Slices": [1],
        "Nodes": [3],
        "Events": [12],
        "Recoveries": [1],
        "CommitLatency": [1.5, 2.5],
    }


def test_a_turn_that_claimed_nothing_is_no_slice(capsys: pytest.CaptureFixture[str]) -> None:
    with noting() as noted:
        TurnReporter(Telemetry("no-turns", "Tests"))(replace(REPORT, epoch=None, is_in_line=True))

    assert fields_of(noted)["in_line"] is True
    assert read(capsys).measured == {}


def test_a_tick_is_measured_with_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    SweepReporter(Telemetry("ticks", "Tests"))(SweepReport({"restarted": 2}, LineReport(5, 7, 1234)))

    assert read(capsys).measured == {
        "Recoveries": [2],
        "RunningSlices": [5],
        "QueueLength": [7],
        "QueueAge": [1234],
    }


def test_a_slice_that_died_is_told_with_its_error(capsys: pytest.CaptureFixture[str]) -> None:
    dead = DeadSlice(ExecutionId("EX1"), WorkflowRun(1), "Lambda.Unknown", "gone")

    FailureReporter(Telemetry("deaths", "Tests"))(dead, GiveUp("enough"))

    said = read(capsys)
    (line,) = said.logged
    assert (line["execution_id"], line["error"], line["given_up"]) == ("EX1", "Lambda.Unknown", True)
    assert said.measured == {"DeadSlices": [1], "Recoveries": [1]}
