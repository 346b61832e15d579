"""Applies the numbered files of `migrations/`, each once and in order."""

from importlib.resources import files

import psycopg

PREPARE = """
create table if not exists public.workflow_migrations (
    name text primary key,
    applied_at timestamptz not null default now()
)
"""
LOCK = "select pg_advisory_xact_lock(hashtext('workflow migrations'))"
APPLIED = "select name from public.workflow_migrations"
RECORD = "insert into public.workflow_migrations (name) values (%(name)s)"


async def migrate(database_url: str) -> None:
    async with await psycopg.AsyncConnection.connect(database_url) as db:
        await db.execute(LOCK)
        await db.execute(PREPARE)
        applied = {row[0] for row in await (await db.execute(APPLIED)).fetchall()}
        for name, text in _files():
            if name not in applied:
                await db.execute(text.encode())
                await db.execute(RECORD, {"name": name})


def _files() -> list[tuple[str, str]]:
    folder = files("infra.local.workflow") / "migrations"
    found = [(file.name, file.read_text()) for file in folder.iterdir() if file.name.endswith(".sql")]
    return sorted(found)
