"""A database that lives in the time of the simulated system, and plays that are given on it."""

import pytest

from tests.fault.postgres.plays import Stage
from tests.fault.postgres.virtual_database import make_virtual
from tests.fault.reporting import Places, Survived


@pytest.fixture
def virtual_url(database_url: str) -> str:
    make_virtual(database_url)
    return database_url


@pytest.fixture
def stage(virtual_url: str, few_places: Places, survived: Survived) -> Stage:
    return Stage(virtual_url, few_places, survived)
