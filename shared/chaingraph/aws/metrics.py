"""Every metric that the system writes: its name in CloudWatch, its unit, and how its values add up.

Functions write them with the dimension `service`, which is the function's name (`run_flow`, `record_failure`,
`sweep`), the relay with `service` = `relay`.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final


class Unit(StrEnum):
    COUNT = "Count"
    MILLISECONDS = "Milliseconds"


class Kind(Enum):
    """`SUM`: occurrences; `LEVEL`: what holds until the next value; `SPREAD`: values of their own."""

    SUM = "sum"
    LEVEL = "level"
    SPREAD = "spread"


@dataclass(frozen=True, slots=True)
class Metric:
    name: str
    unit: Unit
    kind: Kind
    meaning: str


SLICES: Final = Metric("Slices", Unit.COUNT, Kind.SUM, "slices that claimed their execution")
NODES: Final = Metric("Nodes", Unit.COUNT, Kind.SUM, "nodes that came to an end")
EVENTS: Final = Metric("Events", Unit.COUNT, Kind.SUM, "events written")
COMMIT_LATENCY: Final = Metric(
    "CommitLatency", Unit.MILLISECONDS, Kind.SPREAD, "how long the database took for a commit"
)
DEAD_SLICES: Final = Metric("DeadSlices", Unit.COUNT, Kind.SUM, "slices that died")
RECOVERIES: Final = Metric("Recoveries", Unit.COUNT, Kind.SUM, "executions taken over after a death")
RUNNING_SLICES: Final = Metric("RunningSlices", Unit.COUNT, Kind.LEVEL, "executions that hold a slot")
QUEUE_LENGTH: Final = Metric("QueueLength", Unit.COUNT, Kind.LEVEL, "executions that wait for a slot")
QUEUE_AGE: Final = Metric("QueueAge", Unit.MILLISECONDS, Kind.LEVEL, "how long the first in line has waited")
RELAY_LAG: Final = Metric(
    "RelayLag",
    Unit.MILLISECONDS,
    Kind.SPREAD,
    "from an event to the end of its post, less the wait that the subscription asked for",
)
RELAY_BACKLOG: Final = Metric(
    "RelayBacklog", Unit.MILLISECONDS, Kind.LEVEL, "how long the oldest undelivered event has waited"
)
SUBSCRIPTIONS: Final = Metric("Subscriptions", Unit.COUNT, Kind.LEVEL, "subscriptions that the relay serves")
POSTS: Final = Metric("Posts", Unit.COUNT, Kind.SUM, "messages posted to connections")
GONE_POSTS: Final = Metric("GonePosts", Unit.COUNT, Kind.SUM, "posts to connections that had left")
THROTTLED_POSTS: Final = Metric("ThrottledPosts", Unit.COUNT, Kind.SUM, "posts that were refused for now")
UNKNOWN_POSTS: Final = Metric(
    "UnknownPosts", Unit.COUNT, Kind.SUM, "posts whose fate is not known; their connections are closed"
)
METRICS: Final = (
    SLICES,
    NODES,
    EVENTS,
    COMMIT_LATENCY,
    DEAD_SLICES,
    RECOVERIES,
    RUNNING_SLICES,
    QUEUE_LENGTH,
    QUEUE_AGE,
    RELAY_LAG,
    RELAY_BACKLOG,
    SUBSCRIPTIONS,
    POSTS,
    GONE_POSTS,
    THROTTLED_POSTS,
    UNKNOWN_POSTS,
)
