"""Wires the migrations."""

from collections.abc import Mapping

from chaingraph.aws.lambda_entry import Function, Invocation, LambdaEntry
from chaingraph.postgres.migrate import migrate
from chaingraph.settings import Settings


def open_adapters(settings: Settings) -> str:
    """The address of the database is all it needs."""
    return settings.database_url


async def _serve(_: Mapping[str, object], database_url: str, __: Invocation) -> dict[str, object]:
    return {"applied": await migrate(database_url)}


handler = LambdaEntry(Function("migrate_database", open_adapters, _serve))
