"""What is measured of our own: metrics that functions and relay write into their logs."""

from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.aws.environments import Environment

MINUTE: Final = Duration.minutes(1)
FIVE_MINUTES: Final = Duration.minutes(5)
MAXIMUM: Final = "Maximum"
P50: Final = "p50"
P99: Final = "p99"
SAMPLES: Final = "SampleCount"
SUM: Final = "Sum"


@dataclass(frozen=True, slots=True)
class Emitted:
    """`service`: the function that writes it, or the relay."""

    name: str
    service: str


SLICES: Final = Emitted("Slices", "run_flow")
NODES: Final = Emitted("Nodes", "run_flow")
EVENTS: Final = Emitted("Events", "run_flow")
COMMIT_LATENCY: Final = Emitted("CommitLatency", "run_flow")
RESCUED: Final = Emitted("Recoveries", "run_flow")
DEAD_SLICES: Final = Emitted("DeadSlices", "record_failure")
RECORDED: Final = Emitted("Recoveries", "record_failure")
RESTARTED: Final = Emitted("Recoveries", "sweep")
RUNNING_SLICES: Final = Emitted("RunningSlices", "sweep")
QUEUE_LENGTH: Final = Emitted("QueueLength", "sweep")
QUEUE_AGE: Final = Emitted("QueueAge", "sweep")
RELAY_LAG: Final = Emitted("RelayLag", "relay")
RELAY_BACKLOG: Final = Emitted("RelayBacklog", "relay")
SUBSCRIPTIONS: Final = Emitted("Subscriptions", "relay")
POSTS: Final = Emitted("Posts", "relay")
GONE_POSTS: Final = Emitted("GonePosts", "relay")
THROTTLED_POSTS: Final = Emitted("ThrottledPosts", "relay")
UNKNOWN_POSTS: Final = Emitted("UnknownPosts", "relay")


def metric(
    environment: Environment, emitted: Emitted, statistic: str, period: Duration = MINUTE
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace(environment),
        metric_name=emitted.name,
        dimensions_map={"service": emitted.service},
        statistic=statistic,
        period=period,
    )


def namespace(environment: Environment) -> str:
    """The setting METRICS_NAMESPACE of functions and relay."""
    return f"ChainGraph/{environment.name}"
