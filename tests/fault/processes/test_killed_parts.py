"""SIGKILL of whatever is not the engine, at any time of a run: nothing is lost, nobody has to do anything."""

import random
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress

import pytest

from tests.fault.audit import Tree
from tests.fault.processes.faulty_system import FaultySystem, send
from tests.fault.processes.watched_flow import watched_flow
from tests.fault.reporting import Survived
from tests.stock_client import StockClient

pytestmark = [pytest.mark.xdist_group("faulty system"), pytest.mark.timeout(120)]

Strike = Callable[[FaultySystem], None]
LAST_EVENT = 200
STRIKES_OF_ROUND = 3


def part(module: str) -> Strike:
    def strike(faulty: FaultySystem) -> None:
        if (pid := faulty.part(module)) is not None:
            send(signal.SIGKILL, pid)

    return strike


def workers_of(function: str) -> Strike:
    def strike(faulty: FaultySystem) -> None:
        for worker in faulty.system.workers(function):
            worker.kill()

    return strike


def database(number: signal.Signals) -> Strike:
    def strike(faulty: FaultySystem) -> None:
        with suppress(FileNotFoundError):  # it is being started again
            send(number, faulty.database)

    return strike


STRIKES: Mapping[str, Strike] = {
    "relay killed": part("functions.relay"),
    "gateway killed": part("infra.local.gateway"),
    "control killed": workers_of("control"),
    "subscription killed": workers_of("subscription"),
    "workflow killed": part("infra.local.workflow"),
    "database killed": database(signal.SIGKILL),
    "database shut down at once": database(signal.SIGQUIT),
}


def test_a_flow_around_which_everything_dies_ends_as_ever(
    faulty: FaultySystem, stock: StockClient, calm: Tree, survived: Survived, round_number: int
) -> None:
    chance = random.Random(round_number)  # noqa: S311
    moments = sorted(chance.sample(range(LAST_EVENT), STRIKES_OF_ROUND))
    kinds = chance.sample(list(STRIKES), STRIKES_OF_ROUND)
    with watched_flow(faulty, stock) as flow:
        flow.start()
        for moment, kind in zip(moments, kinds, strict=True):
            flow.raw.until(moment)
            STRIKES[kind](faulty)
        ending = flow.ended()

    assert ending.problems(calm) == [], list(zip(moments, kinds, strict=True))
    survived(kinds)
