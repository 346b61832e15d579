from collections.abc import AsyncGenerator

import psycopg
import pytest

from chaingraph.postgres.database import Database
from tests.contract.stores import Store, in_postgres


@pytest.fixture
async def database(database_url: str) -> AsyncGenerator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
def store(database_url: str, database: Database) -> Store:
    return in_postgres(database_url, database)


@pytest.fixture
async def outside(database_url: str) -> AsyncGenerator[psycopg.AsyncConnection]:
    """A session that belongs to nobody under test."""
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as session:
        yield session
