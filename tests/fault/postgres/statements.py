"""The database as a process reaches it that may be killed: every statement is a call outside."""

import re
from typing import Any, Final, LiteralString, cast

from chaingraph.postgres.commits import FENCE_OPENS
from chaingraph.postgres.database import Database, Parameters
from tests.fault.sandboxes import Sandbox

FIRST_TABLE: Final = re.compile(r"(update|insert into|delete from|from|select)\s+(chaingraph\.\w+|pg_notify)")
COMMIT: Final = "commit"


def statements_from(sandbox: Sandbox, database: Database) -> Database:
    return cast("Database", _Statements(sandbox, database))


class _Statements:
    def __init__(self, sandbox: Sandbox, database: Database) -> None:
        self._sandbox = sandbox
        self._database = database

    async def rows(self, query: LiteralString, parameters: Parameters, shape: Any) -> object:
        return await self._sandbox.call(_name(query), lambda: self._database.rows(query, parameters, shape))

    async def row(self, query: LiteralString, parameters: Parameters, shape: Any) -> object:
        return await self._sandbox.call(_name(query), lambda: self._database.row(query, parameters, shape))

    async def run(self, query: LiteralString, parameters: Parameters) -> object:
        return await self._sandbox.call(_name(query), lambda: self._database.run(query, parameters))


def _name(query: str) -> str:
    if query.startswith(FENCE_OPENS):
        return COMMIT
    found = FIRST_TABLE.search(query)
    return " ".join(found.groups()) if found else query
