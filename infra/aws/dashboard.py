"""One page that says how the system is doing, from top to bottom: people, executions, relay, database."""

from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.aws import observed
from infra.aws.database import Database
from infra.aws.environments import Environment
from infra.aws.observed import FIVE_MINUTES, MAXIMUM, P50, P99, SUM, Emitted
from infra.aws.service_parts import Parts

HALF: Final = 12


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
    dashboard.add_widgets(*_engine(environment))
    dashboard.add_widgets(*_queue(environment))
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
            [
                parts.websocket_faults,
                websocket.metric("ExecutionError", statistic=SUM, period=FIVE_MINUTES),
            ],
        ),
    ]


def _executions(environment: Environment, parts: Parts) -> list[cloudwatch.IWidget]:
    machine = parts.workflow.state_machine
    slices = parts.functions["run_flow"]
    return [
        _graph(
            "Workflow runs: started, ended well, lost",
            [machine.metric_started(), machine.metric_succeeded()],
            [machine.metric_failed(), machine.metric_aborted(), machine.metric_timed_out()],
        ),
        _graph(
            "Slices: at once, begun, errors; time",
            [
                slices.metric("ConcurrentExecutions", statistic=MAXIMUM),
                *_sums(environment, observed.SLICES),
                slices.metric_errors(),
            ],
            [slices.metric_duration(statistic=P50), slices.metric_duration(statistic=P99)],
        ),
    ]


def _engine(environment: Environment) -> list[cloudwatch.IWidget]:
    return [
        _graph(
            "Engine: nodes and events a minute; time of a commit in ms",
            _sums(environment, observed.NODES, observed.EVENTS),
            [observed.metric(environment, observed.COMMIT_LATENCY, each) for each in (P50, P99)],
        ),
        _graph(
            "Deaths: slices that died; executions rescued, recorded, restarted by the sweep",
            _sums(environment, observed.DEAD_SLICES),
            _sums(environment, observed.RESCUED, observed.RECORDED, observed.RESTARTED),
        ),
    ]


def _queue(environment: Environment) -> list[cloudwatch.IWidget]:
    return [
        _graph(
            "Line: executions that run, executions that wait",
            _levels(environment, observed.RUNNING_SLICES, observed.QUEUE_LENGTH),
        ),
        _graph("Line: how long the first has waited, in ms", _levels(environment, observed.QUEUE_AGE)),
    ]


def _relay(environment: Environment) -> list[cloudwatch.IWidget]:
    lags: list[cloudwatch.IMetric] = [
        observed.metric(environment, observed.RELAY_LAG, each) for each in (P50, P99)
    ]
    refused = (observed.THROTTLED_POSTS, observed.UNKNOWN_POSTS, observed.GONE_POSTS)
    return [
        _graph(
            "Relay: subscriptions; messages, those that did not arrive",
            _levels(environment, observed.SUBSCRIPTIONS),
            _sums(environment, observed.POSTS, *refused),
        ),
        _graph(
            "Relay: from event to client, and the oldest event that waits, in ms",
            [*lags, *_levels(environment, observed.RELAY_BACKLOG)],
        ),
    ]


def _sums(environment: Environment, *emitted: Emitted) -> list[cloudwatch.IMetric]:
    return [observed.metric(environment, each, SUM) for each in emitted]


def _levels(environment: Environment, *emitted: Emitted) -> list[cloudwatch.IMetric]:
    return [observed.metric(environment, each, MAXIMUM) for each in emitted]


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
