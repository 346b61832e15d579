"""What a line of a log measures: metrics in CloudWatch's embedded format, and the line of each invocation."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

import orjson

from chaingraph.aws.metrics import METRICS, Kind, Metric, Unit
from infra.local.metrics.board import Family, Labels, Reading, Shape

PREFIX: Final = "chaingraph_"
SHAPES: Final = {Kind.SUM: Shape.COUNTER, Kind.LEVEL: Shape.GAUGE, Kind.SPREAD: Shape.HISTOGRAM}
MILLISECONDS_OF_A_SECOND: Final = 1000.0

INVOCATIONS: Final = Family(
    f"{PREFIX}invocations_total", Shape.COUNTER, "invocations of the functions, by their outcome"
)
INVOCATION_TIME: Final = Family(
    f"{PREFIX}invocation_seconds", Shape.HISTOGRAM, "how long the functions took for an invocation"
)
OUTCOMES: Final = {"invocation": "answered", "invocation failed": "failed"}


def family_of(metric: Metric) -> Family:
    words = re.sub(r"(?<!^)(?=[A-Z])", "_", metric.name).lower()
    unit = "_seconds" if metric.unit is Unit.MILLISECONDS else ""
    total = "_total" if metric.kind is Kind.SUM else ""
    return Family(f"{PREFIX}{words}{unit}{total}", SHAPES[metric.kind], metric.meaning)


KNOWN: Final = {metric.name: (metric.unit, family_of(metric)) for metric in METRICS}


def readings_in(line: bytes) -> list[Reading]:
    """Anybody may print into a log: a line that is not understood measures nothing."""
    if not line.startswith(b"{"):
        return []
    try:
        told = orjson.loads(line)
        return list(_embedded(told) if "_aws" in told else _of_invocation(told))
    except (KeyError, TypeError, ValueError):
        return []


def _of_invocation(told: Mapping[str, Any]) -> Iterator[Reading]:
    outcome = OUTCOMES.get(told["message"])
    if outcome is not None:
        labels: Labels = (("service", told["service"]),)
        yield Reading(INVOCATIONS, (*labels, ("outcome", outcome)), 1)
        yield Reading(INVOCATION_TIME, labels, told["duration_ms"] / MILLISECONDS_OF_A_SECOND)


def _embedded(told: Mapping[str, Any]) -> Iterator[Reading]:
    labels: Labels = (("service", told["service"]),)
    for described in told["_aws"]["CloudWatchMetrics"]:
        for name in (cast("str", metric["Name"]) for metric in described["Metrics"]):
            if name in KNOWN:
                unit, family = KNOWN[name]
                scale = MILLISECONDS_OF_A_SECOND if unit is Unit.MILLISECONDS else 1.0
                for value in told[name]:
                    yield Reading(family, labels, value / scale)
