"""Executions whose functions died before they told the workflow."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.fault.processes.faulty_system import FaultySystem
from tests.fault.processes.halves import created_only, started_only
from tests.fault.processes.watched_flow import WatchedFlow, watched
from tests.stock_client import StockClient


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """`created`: it has no workflow; `started`: its workflow waits for the start all the same."""

    created: WatchedFlow
    started: WatchedFlow


@contextmanager
def two_left_alone(faulty: FaultySystem, client: StockClient) -> Generator[LeftAlone]:
    known = faulty.create()
    with (
        watched(created_only(known, faulty.database_url), faulty, client) as created,
        watched(known, faulty, client) as started,
    ):
        started_only(known, faulty.database_url)
        created.start()
        yield LeftAlone(created, started)
