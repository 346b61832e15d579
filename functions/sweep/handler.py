"""Wires the sweep."""

import secrets
from collections.abc import Mapping
from typing import Final

from chaingraph.aws.clients import posts_of
from chaingraph.aws.lambda_entry import Function, Invocation, LambdaEntry, utc_now
from chaingraph.aws.telemetry import Telemetry
from chaingraph.execution.slots import SlotLimits
from chaingraph.ids import WorkerId
from chaingraph.postgres.connections import PostgresConnections
from chaingraph.postgres.history import PostgresHistory
from chaingraph.postgres.overdue import PostgresOverdue
from chaingraph.settings import Settings
from functions.database import database_of
from functions.outside import outside_of
from functions.sweep.looks import SweepAdapters, SweepSettings
from functions.sweep.reports import SweepReporter
from functions.sweep.tasks import serve

DAY_MS: Final = 24 * 3600 * 1000

# Between a slice and the next, and before the first wait, nothing shows that somebody goes on.
LONGEST_SILENCE_MS: Final = 10_000


def open_adapters(settings: Settings) -> SweepAdapters:
    database = database_of(settings)
    return SweepAdapters(
        outside=outside_of(settings, database),
        overdue=PostgresOverdue(database),
        connections=PostgresConnections(database),
        posts=posts_of(settings),
        history=PostgresHistory(database),
        settings=sweep_settings(settings),
        worker_id=WorkerId(secrets.token_hex(8)),
        now=utc_now,
        on_report=SweepReporter(Telemetry("sweep", settings.metrics_namespace)),
    )


def sweep_settings(settings: Settings) -> SweepSettings:
    return SweepSettings(
        stalled_after_ms=min(LONGEST_SILENCE_MS, settings.recovery_scan_interval_ms),
        start_timeout_ms=settings.start_timeout_seconds * 1000,
        identification_timeout_seconds=settings.identification_timeout_seconds,
        most_failures=settings.recovery_max_failure_count,
        retention_ms=settings.event_retention_days * DAY_MS,
        slots=SlotLimits(settings.queue_concurrency, settings.queue_concurrency_per_owner),
    )


async def _serve(payload: Mapping[str, object], adapters: SweepAdapters, _: Invocation) -> dict[str, int]:
    return await serve(payload, adapters)


handler = LambdaEntry(Function("sweep", open_adapters, _serve))
