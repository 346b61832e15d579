"""What alarms and dashboard look at is what functions and relay write."""

import ast
import json
from collections.abc import Iterator
from typing import Any

import pytest

from chaingraph.aws import metrics
from chaingraph.aws.lambda_entry import Function, Payload
from chaingraph.aws.metrics import METRICS, Metric
from functions.route_table import WEBSOCKET_ROUTES
from tests.infra.conftest import Synthesized
from tests.infra.reached_calls import ROOT
from tests.infra.synthesis import Synthesis, properties, text_of
from tests.infra.test_templates import container_environment, environment_of, functions
from tests.unit.aws.test_lambda_entry import Opened, call, failing

SERVICES = ("run_flow", "record_failure", "sweep", "relay")


def emitted() -> set[tuple[str, str]]:
    """Services and the names of their metrics: those that the modules of their reports import."""
    found: set[tuple[str, str]] = set()
    for service in SERVICES:
        tree = ast.parse((ROOT / "functions" / service / "reports.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == metrics.__name__:
                named = [getattr(metrics, each.name) for each in node.names]
                found |= {(service, each.name) for each in named if isinstance(each, Metric)}
    return found


def dashboard(synthesis: Synthesis) -> list[dict[str, Any]]:
    ((found),) = properties(synthesis.service_template, "AWS::CloudWatch::Dashboard")
    return [widget["properties"] for widget in json.loads(text_of(found["DashboardBody"]))["widgets"]]


def alarms(synthesis: Synthesis) -> dict[str, dict[str, Any]]:
    found = properties(synthesis.service_template, "AWS::CloudWatch::Alarm")
    return {
        each["AlarmName"].removeprefix(f"chaingraph-{synthesis.environment.name}-"): each for each in found
    }


def on_dashboard(synthesis: Synthesis) -> Iterator[tuple[str, str]]:
    namespace = environment_of(functions(synthesis)["sweep"])["METRICS_NAMESPACE"]
    for widget in dashboard(synthesis):
        for metric in widget.get("metrics", []):
            if metric[0] == namespace:
                _, name, dimension, service = metric[:4]
                assert dimension == "service"
                yield service, name


def in_alarms(synthesis: Synthesis) -> Iterator[tuple[str, str]]:
    namespace = environment_of(functions(synthesis)["sweep"])["METRICS_NAMESPACE"]
    for alarm in alarms(synthesis).values():
        if alarm.get("Namespace") == namespace:
            ((dimension),) = alarm["Dimensions"]
            assert dimension["Name"] == "service"
            yield dimension["Value"], alarm["MetricName"]


def test_every_metric_that_is_written_is_on_the_dashboard(synthesized: Synthesized) -> None:
    assert set(on_dashboard(synthesized("dev"))) == emitted()
    assert {name for _, name in emitted()} == {metric.name for metric in METRICS}


def test_alarms_wait_for_metrics_that_are_written(synthesis: Synthesis) -> None:
    waited_for = set(in_alarms(synthesis))

    assert waited_for
    assert waited_for <= emitted()


def test_functions_and_relay_write_where_alarms_look(synthesis: Synthesis) -> None:
    written = {
        container_environment(synthesis)["METRICS_NAMESPACE"],
        *(
            environment_of(each)["METRICS_NAMESPACE"]
            for name, each in functions(synthesis).items()
            if name != "migrate_database"
        ),
    }

    assert written == {f"ChainGraph/{synthesis.environment.name}"}


@pytest.mark.parametrize(
    "subject",
    ["slices-failed", "executions-stuck", "relay-lag", "posts-throttled", "database-connections"],
)
def test_there_is_an_alarm_for(subject: str, synthesis: Synthesis) -> None:
    assert subject in alarms(synthesis)


def test_every_alarm_tells_somebody_and_says_where_to_read_on(synthesis: Synthesis) -> None:
    ((topic),) = properties(synthesis.service_template, "AWS::SNS::Topic")

    assert topic["TopicName"] == f"chaingraph-{synthesis.environment.name}-alarms"
    for name, alarm in alarms(synthesis).items():
        assert len(alarm["AlarmActions"]) == 1
        assert alarm["AlarmDescription"].endswith(f"Runbook: {name}.")


def test_alarms_may_tell_somebody(synthesis: Synthesis) -> None:
    """The policy of a topic takes the place of the one that lets its whole account publish."""
    (policy,) = properties(synthesis.service_template, "AWS::SNS::TopicPolicy")
    admitted = [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"]

    assert [(each["Action"], each["Principal"]) for each in admitted] == [
        ("sns:Publish", {"Service": "cloudwatch.amazonaws.com"})
    ]


def test_a_sum_rings_where_one_of_its_terms_has_no_value(synthesis: Synthesis) -> None:
    """Most functions are not called in most minutes, and have no metric then."""
    sums = [alarm["Metrics"] for alarm in alarms(synthesis).values() if "Metrics" in alarm]

    assert sums
    for total, *terms in sums:
        filled = ", ".join(f"FILL({term['Id']}, 0)" for term in terms)
        assert total["Expression"] == f"SUM([{filled}])"


def test_faults_of_ours_over_the_websocket_are_counted_in_the_logs(synthesis: Synthesis) -> None:
    """A reply that tells of a fault is a message like any other to the platform."""
    filters = properties(synthesis.service_template, "AWS::Logs::MetricFilter")
    rung = [each["Metrics"] for each in alarms(synthesis).values() if "Metrics" in each]
    looked_at = [term["MetricStat"]["Metric"]["MetricName"] for _, *terms in rung for term in terms]

    assert {text_of(each["LogGroupName"]) for each in filters} == {
        text_of(functions(synthesis)[name]["LoggingConfig"]["LogGroup"]) for name in WEBSOCKET_ROUTES.values()
    }
    assert {each["FilterPattern"] for each in filters} == {
        '{ ($.level = "ERROR") && ($.connection_id = "*") }'
    }
    assert {each["MetricTransformations"][0]["MetricName"] for each in filters} <= set(looked_at)


def test_the_log_tells_of_a_fault_what_the_filter_looks_for(capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(_: Payload, __: Exception) -> object:
        return {"statusCode": 200}

    over_the_websocket = {"requestContext": {"routeKey": "query", "connectionId": "c1="}}
    call(Function("refusing", Opened(), failing, refuse), over_the_websocket)

    line = json.loads(capsys.readouterr().out)
    assert (line["level"], line["connection_id"]) == ("ERROR", "c1=")


def test_the_dashboard_begins_with_every_alarm(synthesis: Synthesis) -> None:
    first = dashboard(synthesis)[0]

    assert len(first["alarms"]) == len(alarms(synthesis))


def test_the_runbook_says_what_each_alarm_means(synthesis: Synthesis) -> None:
    page = (ROOT / "infra" / "aws" / "RUNBOOK.md").read_text(encoding="utf-8")
    chapter = page.partition("## What each alarm means")[2].partition("\n## ")[0]
    explained = {line.removeprefix("### ") for line in chapter.splitlines() if line.startswith("### ")}

    assert explained == set(alarms(synthesis))
