"""Faults of ours met by WebSocket messages.

Their replies are messages like any other, and a refused `$connect` is no fault: the platform's own count of
errors knows the second and not the first. So the errors in the logs are counted.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs

from functions.route_table import WEBSOCKET_ROUTES
from infra.aws.environments import Environment
from infra.aws.observed import FIVE_MINUTES, SUM, namespace

NAME: Final = "WebSocketFaults"


def count_faults(environment: Environment, functions: Mapping[str, lambda_.Function]) -> cloudwatch.Metric:
    """Those of every function that answers the WebSocket together."""
    for log_group in _log_groups(functions):
        log_group.add_metric_filter(
            "Faults",
            filter_pattern=_pattern(),
            metric_namespace=_namespace(environment),
            metric_name=NAME,
            metric_value="1",
        )
    return cloudwatch.Metric(
        namespace=_namespace(environment), metric_name=NAME, statistic=SUM, period=FIVE_MINUTES
    )


def _log_groups(functions: Mapping[str, lambda_.Function]) -> Iterator[logs.ILogGroup]:
    for name in sorted(set(WEBSOCKET_ROUTES.values())):
        yield functions[name].log_group


def _pattern() -> logs.JsonPattern:
    """Requests over HTTP have no connection."""
    return logs.FilterPattern.all(
        logs.FilterPattern.string_value("$.level", "=", "ERROR"), logs.FilterPattern.exists("$.connection_id")
    )


def _namespace(environment: Environment) -> str:
    return f"{namespace(environment)}/Requests"
