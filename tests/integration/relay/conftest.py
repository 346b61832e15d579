from collections.abc import AsyncGenerator

import pytest

from chaingraph.postgres.database import Database
from tests.contract.stores import Store, in_postgres


@pytest.fixture
async def store(database_url: str) -> AsyncGenerator[Store]:
    database = Database(database_url)
    yield in_postgres(database_url, database)
    await database.close()
