"""What is measured: AWS's metrics, and what our log lines say."""

from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.aws.environments import Environment

MINUTE: Final = Duration.minutes(1)
FIVE_MINUTES: Final = Duration.minutes(5)
MAXIMUM: Final = "Maximum"
SUM: Final = "Sum"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a log as a metric: which lines, and the number in each."""

    metric: str
    pattern: str
    value: str


RESTARTED: Final = Line("RestartedExecutions", "{ $.restarted > 0 }", "$.restarted")
CLOSED: Final = Line("ClosedWithoutIdentity", "{ $.closed > 0 }", "$.closed")
ACTIVE: Final = Line("ActiveRelays", '{ $.message = "relay report" && $.status = "active" }', "1")
LAG: Final = Line("RelayLag", '{ $.message = "relay report" && $.lag_ms >= 0 }', "$.lag_ms")
SUBSCRIPTIONS: Final = Line(
    "Subscriptions", '{ $.message = "relay report" && $.subscriptions >= 0 }', "$.subscriptions"
)
THROTTLED: Final = Line("ThrottledPosts", '{ $.message = "throttled" }', "1")

SWEEP_LINES: Final = (RESTARTED, CLOSED)
RELAY_LINES: Final = (ACTIVE, LAG, SUBSCRIPTIONS, THROTTLED)


def add_metrics(
    scope: Construct, environment: Environment, log_group: logs.LogGroup, lines: tuple[Line, ...]
) -> None:
    for line in lines:
        logs.MetricFilter(
            scope,
            line.metric,
            log_group=log_group,
            metric_namespace=namespace(environment),
            metric_name=line.metric,
            filter_pattern=logs.FilterPattern.literal(line.pattern),
            metric_value=line.value,
        )


def of_lines(environment: Environment, line: Line, statistic: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace(environment), metric_name=line.metric, statistic=statistic, period=MINUTE
    )


def namespace(environment: Environment) -> str:
    return f"ChainGraph/{environment.name}"
