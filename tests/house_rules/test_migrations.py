"""Old and new code run against one schema while a deployment lasts: a migration only adds."""

import re
from collections.abc import Iterator
from typing import Final

import pytest

from chaingraph.postgres.migrate import migrations

# The first release: what came before it never met older code.
FIRST_RELEASE: Final = "0011"

REFUSED: Final = {
    "drops what older code uses": r"\bdrop (table|column|schema|function|view|type|default)\b",
    "renames what older code uses": r"\brename\b",
    "gives a column another type": r"\balter column \S+ (set data )?type\b",
    "asks for what older code does not write": r"\bset not null\b",
    "adds a column that older code does not fill": r"\badd column (?![^,;]*\bdefault\b)[^,;]*\bnot null\b",
    "refuses rows that older code writes": r"\b(add constraint|create unique index)\b",
    "rewrites rows that older code holds": r"\b(truncate|vacuum full|cluster)\b",
}


def breaches(sql: str) -> Iterator[str]:
    """A constraint that is replaced in the same file may be looser: a person looks at that."""
    text = re.sub(r"--[^\n]*", "", sql).lower()
    replaced = set(re.findall(r"\bdrop constraint (?:if exists )?(\w+)", text))
    for constraint in replaced:
        text = re.sub(rf"\badd constraint {constraint}\b", "", text)
    for what, pattern in REFUSED.items():
        if re.search(pattern, re.sub(r"\s+", " ", text)):
            yield what


def test_every_migration_after_the_first_release_only_adds() -> None:
    later = {each.name: each.sql.decode() for each in migrations() if each.name[:4] > FIRST_RELEASE}

    assert {name: found for name, sql in later.items() if (found := list(breaches(sql)))} == {}


@pytest.mark.parametrize(
    "sql",
    [
        "drop table chaingraph.flows;",
        "alter table chaingraph.flows\n    drop column name;",
        "alter table chaingraph.flows rename column name to title;",
        "alter table chaingraph.flows rename to graphs;",
        "alter table chaingraph.flows alter column name type varchar(10);",
        "alter table chaingraph.flows alter column name set not null;",
        "alter table chaingraph.flows add column title text not null;",
        "alter table chaingraph.flows add constraint named check (name <> '');",
        "create unique index on chaingraph.flows (name);",
        "ALTER TABLE chaingraph.flows DROP COLUMN name;",
    ],
)
def test_what_older_code_cannot_live_with_is_refused(sql: str) -> None:
    assert list(breaches(sql))


@pytest.mark.parametrize(
    "sql",
    [
        "create table chaingraph.notes (id text not null primary key);",
        "alter table chaingraph.flows add column title text;",
        "alter table chaingraph.flows add column is_old boolean not null default false;",
        "create index on chaingraph.flows (name);",
        "alter table f drop constraint named; alter table f add constraint named check (kind in ('a', 'b'));",
        "-- drop table chaingraph.flows;\nselect 1;",
    ],
)
def test_what_older_code_does_not_notice_is_allowed(sql: str) -> None:
    assert not list(breaches(sql))
