"""The role by which functions and relay sign in: it reads and writes rows, and changes no schema."""

from typing import Final

import psycopg
from psycopg.sql import SQL, Identifier

EXISTS: Final = "select 1 from pg_roles where rolname = %(role)s"

MAKE: Final = SQL("create role {role} login")

# Where there is such a role, its members sign in with tokens and in no other way.
TOKENS: Final = SQL("grant rds_iam to {role}")
TOKENS_ROLE: Final = "rds_iam"

GRANTS: Final = (
    SQL("grant usage on schema chaingraph to {role}"),
    SQL("grant select, insert, update, delete on all tables in schema chaingraph to {role}"),
    SQL("grant usage on all sequences in schema chaingraph to {role}"),
    SQL("revoke insert, update, delete on chaingraph.migrations from {role}"),
)


async def grant_service(database_url: str, role: str) -> None:
    """After every migration: what it has made is granted, too."""
    async with await psycopg.AsyncConnection.connect(database_url, prepare_threshold=None) as session:
        if not await _exists(role, session):
            await session.execute(MAKE.format(role=Identifier(role)))
        if await _exists(TOKENS_ROLE, session):
            await session.execute(TOKENS.format(role=Identifier(role)))
        for grant in GRANTS:
            await session.execute(grant.format(role=Identifier(role)))


async def _exists(role: str, session: psycopg.AsyncConnection) -> bool:
    found = await session.execute(EXISTS, {"role": role})
    return await found.fetchone() is not None
