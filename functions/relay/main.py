"""The relay's program: `python -m functions.relay.main`. SIGTERM and SIGINT let it hand over and end."""

import asyncio
import os
import secrets
import signal
import socket
import sys
import time
import traceback
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final

import uvloop
from botocore.session import Session

from chaingraph.aws.connections import connection_posts
from chaingraph.aws.credentials import Credentials
from chaingraph.aws.database_passwords import RoleTokens
from chaingraph.aws.sdk_credentials import SdkCredentials
from chaingraph.aws.telemetry import Telemetry
from chaingraph.ids import Epoch, WorkerId
from chaingraph.interfaces import Posts
from chaingraph.postgres.assignments import PostgresAssignments
from chaingraph.postgres.connections import PostgresConnections
from chaingraph.postgres.database import Database
from chaingraph.postgres.event_log import PostgresEventLog
from chaingraph.postgres.executions import PostgresExecutions
from chaingraph.postgres.relay_lease import PostgresRelayLease
from chaingraph.postgres.sessions import Password
from chaingraph.postgres.subscriptions import PostgresSubscriptions
from chaingraph.postgres.wake_ups import PostgresWakeUps
from chaingraph.relay.leading import Leadership
from chaingraph.relay.limits import Limits
from chaingraph.relay.meter import Meter
from chaingraph.relay.relay import Relay
from chaingraph.relay.store import Store
from chaingraph.settings import Settings
from functions.relay.health import HOST, health, health_endpoint
from functions.relay.logs import Log
from functions.relay.reports import RelayReporter

# Reads of different executions run at once.
DATABASE_SESSIONS: Final = 8
REPORT_SECONDS: Final = 60.0
MEASURE_SECONDS: Final = 5.0


def main() -> int:
    """0: it has handed over. 1: it may be started again, to stand by."""
    settings = Settings.from_environment(os.environ)
    log = Log(lambda: datetime.now(UTC))
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings, log))
    except Exception as error:
        log.line("ERROR", "relay ended", {"reason": "".join(traceback.format_exception(error))})
        return 1
    return 0


async def serve(settings: Settings, log: Log) -> None:
    """Print `ready` when it serves, or stands by."""
    credentials = SdkCredentials(Session())
    password = password_of(settings, credentials)
    database = Database(settings.database_url, sessions=DATABASE_SESSIONS, password=password)
    posts = connection_posts(
        settings.connections_endpoint, credentials=credentials, now=lambda: datetime.now(UTC)
    )
    meter = Meter(lambda: int(time.time() * 1000))
    store = store_of(settings, database, password)
    leadership = leadership_of(settings, database, store=store, posts=posts, meter=meter, log=log)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, leadership.leave)
    try:
        async with health_endpoint(settings.relay_health_port, leadership) as port:
            sys.stdout.write(f"ready http://{HOST}:{port}/health\n")
            sys.stdout.flush()
            telemetry = Telemetry("relay", settings.metrics_namespace)
            async with _reporting(leadership, RelayReporter(leadership, meter, telemetry), log):
                await leadership.run()
    finally:
        await posts.close_sessions()
        await database.close()


def password_of(settings: Settings, credentials: Credentials) -> Password | None:
    """None: the URL has it, or needs none."""
    if not settings.database_iam_region:
        return None
    return RoleTokens(
        settings.database_url,
        region=settings.database_iam_region,
        credentials=credentials,
        now=lambda: datetime.now(UTC),
    ).password


def store_of(settings: Settings, database: Database, password: Password | None) -> Store:
    return Store(
        events=PostgresEventLog(database),
        executions=PostgresExecutions(database),
        connections=PostgresConnections(database),
        subscriptions=PostgresSubscriptions(database),
        assignments=PostgresAssignments(database),
        wake_ups=PostgresWakeUps(settings.database_url, password),
    )


def leadership_of(
    settings: Settings, database: Database, *, store: Store, posts: Posts, meter: Meter, log: Log
) -> Leadership:
    limits = limits_of(settings)

    def relay_of(epoch: Epoch) -> Relay:
        return Relay(epoch, store=store, posts=posts, limits=limits, meter=meter, on_notice=log.notice)

    return Leadership(
        WorkerId(settings.relay_name or f"{socket.gethostname()}-{secrets.token_hex(4)}"),
        lease=PostgresRelayLease(database),
        lease_ms=settings.relay_lease_ms,
        relay_of=relay_of,
        on_notice=log.notice,
    )


def limits_of(settings: Settings) -> Limits:
    return Limits(
        message_bytes=settings.message_target_bytes,
        inline_bytes=settings.message_inline_bytes,
        memory_bytes=settings.relay_memory_bytes,
        posts_per_second=settings.relay_posts_per_second,
        closes_per_second=settings.relay_closes_per_second,
    )


@asynccontextmanager
async def _reporting(leadership: Leadership, measure: RelayReporter, log: Log) -> AsyncGenerator[None]:
    """From time to time, and of what is left at the end."""

    def report() -> None:
        log.line("INFO", "relay report", health(leadership))

    repeated = [
        asyncio.create_task(_repeat(report, REPORT_SECONDS)),
        asyncio.create_task(_repeat(measure, MEASURE_SECONDS)),
    ]
    try:
        yield
        measure()
    finally:
        for task in repeated:
            task.cancel()


async def _repeat(tell: Callable[[], None], seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        tell()


if __name__ == "__main__":
    sys.exit(main())
