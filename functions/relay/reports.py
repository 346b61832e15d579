"""What is measured of the active relay from time to time."""

from collections.abc import Sequence
from typing import Final

from chaingraph.aws.metrics import (
    GONE_POSTS,
    POSTS,
    RELAY_BACKLOG,
    RELAY_LAG,
    SUBSCRIPTIONS,
    THROTTLED_POSTS,
    UNKNOWN_POSTS,
)
from chaingraph.aws.telemetry import Telemetry
from chaingraph.interfaces import PostOutcome
from chaingraph.relay.leading import Leadership
from chaingraph.relay.meter import Meter

# What one line of metrics may hold.
MOST_VALUES: Final = 100


class RelayReporter:
    """One that stands by measures nothing."""

    def __init__(self, leadership: Leadership, meter: Meter, telemetry: Telemetry) -> None:
        self._leadership = leadership
        self._meter = meter
        self._telemetry = telemetry

    def __call__(self) -> None:
        measured, relay = self._meter.take(), self._leadership.relay
        if relay is None:
            return
        report, posts = relay.report(), measured.posts
        self._telemetry.measure(
            {
                SUBSCRIPTIONS: report.subscriptions,
                POSTS: sum(posts.values()),
                GONE_POSTS: posts.get(PostOutcome.GONE, 0),
                THROTTLED_POSTS: posts.get(PostOutcome.THROTTLED, 0),
                UNKNOWN_POSTS: posts.get(PostOutcome.UNKNOWN, 0),
                RELAY_BACKLOG: report.lag_ms,
                RELAY_LAG: evenly_chosen(measured.lags_ms),
            }
        )


def evenly_chosen(values: Sequence[int]) -> list[int]:
    """Not more than fit on a line; the smallest, the largest and the percentiles stay what they are."""
    ordered = sorted(values)
    if len(ordered) <= MOST_VALUES:
        return ordered
    step = (len(ordered) - 1) / (MOST_VALUES - 1)
    return [ordered[round(place * step)] for place in range(MOST_VALUES)]
