"""What a deployed part says of its work: lines of its log, and metrics in the format that CloudWatch reads.

The metrics, all with the one dimension `service`:

* `run_flow`: Slices, Nodes, Events, Recoveries (Count), CommitLatency (Milliseconds).
* `record_failure`: DeadSlices, Recoveries (Count).
* `sweep`: Recoveries, RunningSlices, QueueLength (Count), QueueAge (Milliseconds).
* `relay`: RelayLag, RelayBacklog (Milliseconds), Subscriptions, Posts, GonePosts, ThrottledPosts,
  UnknownPosts (Count).

`metrics` says what each of them means. Not every value survives: a line that is lost in a log is lost.
"""

import sys
from collections.abc import Mapping, Sequence

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics

from chaingraph.aws.metrics import Metric

Values = Mapping[Metric, float | Sequence[float]]


class Telemetry:
    """Without a namespace nothing is measured."""

    def __init__(self, service: str, namespace: str) -> None:
        self._logger = Logger(service=service)
        self._metrics = EphemeralMetrics(service=service, namespace=namespace) if namespace else None

    def log(self, message: str, fields: Mapping[str, object]) -> None:
        """What is None is left out."""
        told = {name: value for name, value in fields.items() if value is not None}
        self._logger.info(message, extra=told)

    def measure(self, values: Values) -> None:
        """One line for all of it, more where a metric has more values than a line may hold; at once."""
        if self._metrics is None:
            return
        for metric, measured in values.items():
            for value in measured if isinstance(measured, Sequence) else (measured,):
                self._metrics.add_metric(metric.name, metric.unit.value, round(value, 2))
        if self._metrics.metric_set:
            self._metrics.flush_metrics()
        sys.stdout.flush()
