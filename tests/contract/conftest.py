from collections.abc import AsyncGenerator

import pytest

from chaingraph.postgres.database import Database
from tests.contract.stores import Store, in_memory, in_postgres


@pytest.fixture(params=["fake", "postgres"])
def url_of_store(request: pytest.FixtureRequest) -> str | None:
    """None: the store is in memory."""
    return request.getfixturevalue("database_url") if request.param == "postgres" else None


@pytest.fixture
async def store(url_of_store: str | None) -> AsyncGenerator[Store]:
    if url_of_store is None:
        yield in_memory()
        return
    database = Database(url_of_store)
    yield in_postgres(url_of_store, database)
    await database.close()
