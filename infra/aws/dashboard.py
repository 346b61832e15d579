"""One page that says how the system is doing, from top to bottom: people, executions, relay, database."""

from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.aws import observed
from infra.aws.database import Database
from infra.aws.environments import Environment
from infra.aws.observed import FIVE_MINUTES, MAXIMUM, SUM
from infra.aws.service_parts import Parts

HALF: Final = 12
P50: Final = "p50"
P99: Final = "p99"


def add_dashboard(
    scope: Construct,
    environment: Environment,
    parts: Parts,
    database: Database,
    alarms: list[cloudwatch.Alarm],
) -> cloudwatch.Dashboard:
    dashboard = cloudwatch.Dashboard(scope, "Dashboard", dashboard_name=environment.prefix)
    status: list[cloudwatch.IAlarm] = list(alarms)
    dashboard.add_widgets(
        cloudwatch.AlarmStatusWidget(title="Alarms", alarms=status, width=2 * HALF, height=3)
    )
    dashboard.add_widgets(*_requests(parts))
    dashboard.add_widgets(*_executions(environment, parts))
    dashboard.add_widgets(*_relay(environment))
    dashboard.add_widgets(*_database(database))
    return dashboard


def _graph(
    title: str, left: list[cloudwatch.IMetric], right: list[cloudwatch.IMetric] | None = None
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=left, right=right or [], width=HALF, height=6)


def _requests(parts: Parts) -> list[cloudwatch.IWidget]:
    http, websocket = parts.http_stage, parts.websocket_stage
    return [
        _graph(
            "HTTP: requests, faults of ours, time",
            [http.metric_count(period=FIVE_MINUTES), http.metric_server_error(period=FIVE_MINUTES)],
            [http.metric_latency(statistic=P50), http.metric_latency(statistic=P99)],
        ),
        _graph(
            "WebSocket: connections, messages, faults of ours",
            [
                websocket.metric("ConnectCount", statistic=SUM, period=FIVE_MINUTES),
                websocket.metric("MessageCount", statistic=SUM, period=FIVE_MINUTES),
            ],
            [websocket.metric("IntegrationError", statistic=SUM, period=FIVE_MINUTES)],
        ),
    ]


def _executions(environment: Environment, parts: Parts) -> list[cloudwatch.IWidget]:
    machine = parts.workflow.state_machine
    slices = parts.functions["run_flow"]
    return [
        _graph(
            "Workflow runs: started, ended well, lost",
            [machine.metric_started(), machine.metric_succeeded()],
            [machine.metric_failed(), observed.of_lines(environment, observed.RESTARTED, SUM)],
        ),
        _graph(
            "Slices: at once, time, errors",
            [slices.metric("ConcurrentExecutions", statistic=MAXIMUM), slices.metric_errors()],
            [slices.metric_duration(statistic=P50), slices.metric_duration(statistic=P99)],
        ),
    ]


def _relay(environment: Environment) -> list[cloudwatch.IWidget]:
    return [
        _graph(
            "Relay: subscriptions, active relays",
            [observed.of_lines(environment, observed.SUBSCRIPTIONS, MAXIMUM)],
            [observed.of_lines(environment, observed.ACTIVE, SUM)],
        ),
        _graph(
            "Relay: lag in ms, throttled posts",
            [observed.of_lines(environment, observed.LAG, MAXIMUM)],
            [observed.of_lines(environment, observed.THROTTLED, SUM)],
        ),
    ]


def _database(database: Database) -> list[cloudwatch.IWidget]:
    return [
        _graph(
            "Database: sessions, processor",
            [database.metric("DatabaseConnections", MAXIMUM)],
            [database.metric("CPUUtilization", "Average")],
        ),
        _graph(
            "Database: time of a write and of a read",
            [database.metric("WriteLatency", "Average"), database.metric("ReadLatency", "Average")],
        ),
    ]
