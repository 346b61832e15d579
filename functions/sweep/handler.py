"""Wires the sweep."""

from collections.abc import Mapping

from chaingraph.aws.clients import posts_of, workflows_of
from chaingraph.aws.lambda_entry import Function, Invocation, LambdaEntry, utc_now
from chaingraph.postgres.connections import PostgresConnections
from chaingraph.postgres.mailbox import PostgresMailbox
from chaingraph.postgres.overdue import PostgresOverdue
from chaingraph.settings import Settings
from functions.database import database_of
from functions.sweep.tasks import SweepAdapters, SweepSettings, serve


def open_adapters(settings: Settings) -> SweepAdapters:
    database = database_of(settings)
    return SweepAdapters(
        overdue=PostgresOverdue(database),
        mailbox=PostgresMailbox(database),
        workflows=workflows_of(settings),
        connections=PostgresConnections(database),
        posts=posts_of(settings),
        settings=SweepSettings(
            stalled_after_ms=settings.claim_timeout_ms + settings.recovery_scan_interval_ms,
            identification_timeout_seconds=settings.identification_timeout_seconds,
        ),
        now=utc_now,
    )


async def _serve(payload: Mapping[str, object], adapters: SweepAdapters, _: Invocation) -> dict[str, object]:
    return await serve(payload, adapters)


handler = LambdaEntry(Function("sweep", open_adapters, _serve))
