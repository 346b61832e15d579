"""A database that lives in the time of the simulated system."""

import pytest

from tests.fault.postgres.virtual_database import make_virtual


@pytest.fixture
def virtual_url(database_url: str) -> str:
    make_virtual(database_url)
    return database_url
