"""What a database holds of executions, as text: taken out of one release, put into another."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, LiteralString

import orjson
import psycopg
from psycopg.sql import SQL, Identifier

Rows = Mapping[str, list[dict[str, Any]]]

TABLES: Final[LiteralString] = """
select table_name from information_schema.tables
where table_schema = 'chaingraph' and table_name <> 'migrations' order by table_name
"""

# What others refer to comes first.
FIRST: Final = ("flow_snapshots", "executions", "progress")

# Whoever worked on them when they were taken has long been silent.
SILENCE: Final = "update chaingraph.progress set lease_expires_at = now() where lease_expires_at is not null"


def taken(database_url: str) -> Rows:
    with psycopg.connect(database_url) as db:
        names = [name for (name,) in db.execute(TABLES)]
        every = {name: [row for (row,) in db.execute(_select(name))] for name in names}
    return {name: rows for name, rows in every.items() if rows}


def put(rows: Rows, database_url: str) -> None:
    """Columns that the release did not know get what a migration gives them."""
    with psycopg.connect(database_url) as db:
        for name in sorted(rows, key=_place):
            for row in rows[name]:
                db.execute(_insert(name, row), {"row": orjson.dumps(row).decode()})
        db.execute(SILENCE)


def _select(table: str) -> Any:
    return SQL("select row_to_json(stored) from chaingraph.{} as stored").format(Identifier(table))


def _insert(table: str, columns: Iterable[str]) -> Any:
    named = SQL(", ").join(map(Identifier, columns))
    return SQL(
        "insert into chaingraph.{table} ({named}) "
        "select {named} from json_populate_record(null::chaingraph.{table}, %(row)s)"
    ).format(table=Identifier(table), named=named)


def _place(table: str) -> tuple[int, str]:
    return (FIRST.index(table) if table in FIRST else len(FIRST)), table
