"""Executions over one test's database."""

import time
from collections.abc import AsyncIterator

import pytest

from chaingraph.postgres.database import Database
from tests.flows import World, node_types
from tests.integration.executions import Clock, System, system


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def executions(database_url: str, world: World) -> AsyncIterator[System]:
    database = Database(database_url)
    yield system(database, node_types(world), Clock(time.time_ns() // 1_000_000))
    await database.close()
