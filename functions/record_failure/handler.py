"""Wires the task that counts dead slices."""

import secrets
from collections.abc import Mapping

from chaingraph.aws.lambda_entry import Function, Invocation, LambdaEntry
from chaingraph.aws.telemetry import Telemetry
from chaingraph.ids import WorkerId
from chaingraph.settings import Settings
from functions.database import database_of
from functions.outside import outside_of
from functions.record_failure.reports import FailureReporter
from functions.record_failure.tasks import RecordFailureAdapters, serve


def open_adapters(settings: Settings) -> RecordFailureAdapters:
    database = database_of(settings)
    return RecordFailureAdapters(
        outside=outside_of(settings, database),
        most=settings.recovery_max_failure_count,
        worker_id=WorkerId(secrets.token_hex(8)),
        on_report=FailureReporter(Telemetry("record_failure", settings.metrics_namespace)),
    )


async def _serve(
    payload: Mapping[str, object], adapters: RecordFailureAdapters, _: Invocation
) -> dict[str, object]:
    return await serve(payload, adapters)


handler = LambdaEntry(Function("record_failure", open_adapters, _serve))
