"""Wires the migrations."""

import asyncio
import urllib.request
from collections.abc import Mapping

import psycopg

from chaingraph.aws.clients import database_password_of
from chaingraph.aws.lambda_entry import Function, Invocation, LambdaEntry
from chaingraph.errors import Rejected, Unavailable
from chaingraph.postgres.migrate import migrate
from chaingraph.postgres.service_role import grant_service
from chaingraph.postgres.sessions import with_password
from chaingraph.settings import Settings
from functions.migrate_database.deployment import Outside, failure, serve

ANSWER_SECONDS = 30.0


def open_adapters(settings: Settings) -> Settings:
    """The addresses are all it needs."""
    return settings


async def _serve(
    payload: Mapping[str, object], settings: Settings, invocation: Invocation
) -> dict[str, object]:
    """Asked by CloudFormation, or by somebody who calls the function."""
    if "ResponseURL" not in payload:
        return {"applied": await migrated(settings)}
    outside = Outside(
        migrate=lambda: migrated(settings),
        put=_put,
        sleep=asyncio.sleep,
        remaining_ms=invocation.get_remaining_time_in_millis,
    )
    return await serve(payload, outside)


async def migrated(settings: Settings) -> list[str]:
    """Raises Unavailable, Conflict, and Rejected when the database refuses a migration."""
    password = database_password_of(settings)
    url = settings.database_url
    try:
        address = url if password is None else await with_password(url, password)
        applied = await migrate(address)
        if settings.database_service_role:
            await grant_service(address, settings.database_service_role)
    except psycopg.OperationalError as error:
        raise Unavailable("the database does not answer") from error
    except psycopg.Error as error:
        raise Rejected(f"the database refuses a migration: {error.diag.message_primary}") from error
    return applied


def refuse(payload: Mapping[str, object], error: Exception) -> object:
    if "ResponseURL" not in payload:
        raise error
    _send(str(payload["ResponseURL"]), failure(payload, error))
    return {"failed": type(error).__name__}


async def _put(address: str, body: bytes) -> None:
    await asyncio.to_thread(_send, address, body)


def _send(address: str, body: bytes) -> None:
    """The address is signed as it is: without a type of content."""
    request = urllib.request.Request(  # noqa: S310 - CloudFormation made the address
        address, data=body, method="PUT", headers={"content-type": ""}
    )
    with urllib.request.urlopen(request, timeout=ANSWER_SECONDS):  # noqa: S310
        pass


handler = LambdaEntry(Function("migrate_database", open_adapters, _serve, refuse))
