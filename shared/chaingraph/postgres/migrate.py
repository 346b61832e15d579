"""Bring the schema up to date: every numbered file of `migrations` is applied once, in order."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import psycopg
from psycopg.rows import args_row

from chaingraph.errors import Conflict

# One transaction at a time migrates; the number is arbitrary, and the same in every release.
LOCK: Final = "select pg_advisory_xact_lock(4021500001)"

BOOKKEEPING: Final = """
create schema if not exists chaingraph;
create table if not exists chaingraph.migrations (
    name text collate "C" primary key,
    checksum text not null,
    applied_at timestamptz not null default now()
)
"""

APPLIED: Final = "select name, checksum from chaingraph.migrations"

RECORD: Final = "insert into chaingraph.migrations (name, checksum) values (%(name)s, %(checksum)s)"


@dataclass(frozen=True, slots=True)
class Migration:
    name: str
    sql: bytes

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql).hexdigest()


@dataclass(frozen=True, slots=True)
class Applied:
    name: str
    checksum: str


def migrations() -> list[Migration]:
    """The package's migrations in order."""
    folder = files("chaingraph.postgres") / "migrations"
    found = [file for file in folder.iterdir() if file.name.endswith(".sql")]
    return [Migration(file.name, file.read_bytes()) for file in sorted(found, key=lambda file: file.name)]


async def migrate(database_url: str) -> list[str]:
    """Apply what is missing, and return its names. Raises Conflict when an applied file has changed since.

    Safe when several call it at once: the first applies, the others find nothing to do.
    """
    return await apply(migrations(), database_url)


async def apply(wanted: Iterable[Migration], database_url: str) -> list[str]:
    async with await psycopg.AsyncConnection.connect(database_url, prepare_threshold=None) as session:
        return [migration.name for migration in wanted if await _apply(migration, session)]


async def _apply(migration: Migration, session: psycopg.AsyncConnection) -> bool:
    """Apply one file in a transaction of its own; False when it has been applied before."""
    async with session.transaction():
        await session.execute(LOCK)
        await session.execute(BOOKKEEPING)
        if await _is_applied(migration, session):
            return False
        await session.execute(migration.sql)
        await session.execute(RECORD, {"name": migration.name, "checksum": migration.checksum})
    return True


async def _is_applied(migration: Migration, session: psycopg.AsyncConnection) -> bool:
    async with session.cursor(row_factory=args_row(Applied)) as cursor:
        await cursor.execute(APPLIED)
        checksums = {row.name: row.checksum for row in await cursor.fetchall()}
    if migration.name not in checksums:
        return False
    if checksums[migration.name] != migration.checksum:
        raise Conflict(f"migration {migration.name} was applied with another content: add a new file instead")
    return True
