"""What a function says of its work: lines of its log, and metrics in the format that CloudWatch reads."""

from collections.abc import Mapping, Sequence

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit


class Telemetry:
    """Without a namespace nothing is measured."""

    def __init__(self, service: str, namespace: str) -> None:
        self._logger = Logger(service=service)
        self._metrics = Metrics(service=service, namespace=namespace) if namespace else None

    def log(self, message: str, fields: Mapping[str, object]) -> None:
        """What is None is left out."""
        told = {name: value for name, value in fields.items() if value is not None}
        self._logger.info(message, extra=told)

    def measure(
        self, counts: Mapping[str, int], milliseconds: Mapping[str, Sequence[float]] | None = None
    ) -> None:
        """One line for all of it, more where a metric has more values than a line may hold."""
        if self._metrics is None:
            return
        for name, count in counts.items():
            self._metrics.add_metric(name, MetricUnit.Count, count)
        for name, values in (milliseconds or {}).items():
            for value in values:
                self._metrics.add_metric(name, MetricUnit.Milliseconds, round(value, 2))
        self._metrics.flush_metrics()
