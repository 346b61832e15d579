"""The PostgreSQL server dies at any statement and comes back after a while."""

import asyncio
from collections.abc import Generator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from chaingraph.postgres.migrate import migrate
from tests import postgres
from tests.fault.faults import Kind, one
from tests.fault.postgres.stores import Place, Server
from tests.fault.postgres.trials import assert_survived, calls, try_on
from tests.fault.postgres.virtual_database import make_virtual
from tests.fault.reporting import Places, Survived

pytestmark = pytest.mark.timeout(1800)

DATABASE = "mortal"
# A restart takes longer than all that happens between two.
EVERY = 4


@pytest.fixture
def place(run_folder: Path, worker_id: str) -> Generator[Place]:
    """A server for this test alone. What it has confirmed it keeps when it dies."""
    folder = run_folder / f"mortal-{worker_id}"
    url = urlsplit(postgres.start(folder))
    try:
        with psycopg.connect(url.geturl(), autocommit=True) as db:
            db.execute(f"create database {DATABASE}")
            db.execute(f"alter database {DATABASE} set synchronous_commit = on")
        own = url._replace(path=f"/{DATABASE}").geturl()
        asyncio.run(migrate(own))
        make_virtual(own)
        yield Place(own, server=Server(partial(postgres.crash, folder), partial(postgres.go_on, folder)))
    finally:
        postgres.stop(folder)


def test_the_server_may_die_at_any_statement(place: Place, few_places: Places, survived: Survived) -> None:
    for number in few_places(calls() // EVERY):
        assert_survived(try_on(place, one(number * EVERY, Kind.SERVER_RESTARTED)), survived)
