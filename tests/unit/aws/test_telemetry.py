from typing import Any

import orjson
import pytest

from chaingraph.aws.metrics import COMMIT_LATENCY, EVENTS, SLICES
from chaingraph.aws.telemetry import Telemetry


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_metrics_are_one_line_that_cloudwatch_reads(capsys: pytest.CaptureFixture[str]) -> None:
    Telemetry("one-line", "Tests").measure({SLICES: 1, EVENTS: 7, COMMIT_LATENCY: [1.234, 5]})

    (line,) = lines(capsys)
    (described,) = line["_aws"]["CloudWatchMetrics"]
    assert described["Namespace"] == "Tests"
    assert {metric["Name"]: metric["Unit"] for metric in described["Metrics"]} == {
        "Slices": "Count",
        "Events": "Count",
        "CommitLatency": "Milliseconds",
    }
    assert (line["service"], line["Events"], line["CommitLatency"]) == ("one-line", [7.0], [1.23, 5.0])


@pytest.mark.parametrize("count", [99, 100, 101, 200, 250])
def test_no_value_is_lost_where_a_line_is_full(count: int, capsys: pytest.CaptureFixture[str]) -> None:
    Telemetry("many", "Tests").measure({SLICES: 1, COMMIT_LATENCY: range(count)})

    found = lines(capsys)
    assert sum(len(line.get("CommitLatency", ())) for line in found) == count
    assert sum(len(line.get("Slices", ())) for line in found) == 1


def test_without_a_namespace_nothing_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    Telemetry("silent", "").measure({SLICES: 1})

    assert lines(capsys) == []


def test_a_line_of_the_log_has_its_fields_but_those_that_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    Telemetry("logging", "").log("slice", {"execution_id": "EX1", "epoch": None})

    (line,) = lines(capsys)
    assert (line["message"], line["execution_id"], line["service"]) == ("slice", "EX1", "logging")
    assert "epoch" not in line
