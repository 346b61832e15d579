"""One system for all tests of this folder, the clients that look on, and a run in which nothing dies."""

from collections.abc import Generator

import pytest

from tests.fault.audit import Tree
from tests.fault.processes.faulty_system import ROUNDS, FaultySystem, faulty_system
from tests.fault.processes.left_alone import LeftAlone, two_left_alone
from tests.fault.processes.watched_flow import Ending, watched_flow
from tests.stock_client import FOLDER, StockClient, stock_client


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes a `round_number` has one round, or many with --every-fault."""
    if "round_number" in metafunc.fixturenames:
        rounds = ROUNDS if metafunc.config.getoption("every_fault") else 1
        metafunc.parametrize("round_number", range(rounds))


@pytest.fixture
def every_fault() -> None:
    """For tests that take too long for a run of all tests."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("every_fault"):
        long = [test for test in items if "every_fault" in getattr(test, "fixturenames", ())]
        items[:] = [test for test in items if test not in long]
        config.hook.pytest_deselected(items=long)


@pytest.fixture(scope="session")
def faulty() -> Generator[FaultySystem]:
    with faulty_system() as started:
        yield started


@pytest.fixture(scope="session")
def stock() -> Generator[StockClient]:
    assert (FOLDER / "node_modules").exists(), "run `make test` once: it installs the npm packages"
    with stock_client() as started:
        yield started


@pytest.fixture(scope="session")
def left_alone(faulty: FaultySystem, stock: StockClient) -> Generator[LeftAlone]:
    """It takes seconds until a sweep misses them: they are left before everything else."""
    with two_left_alone(faulty, stock) as left:
        yield left


@pytest.fixture(scope="session")
def calm_run(
    faulty: FaultySystem,
    stock: StockClient,
    left_alone: LeftAlone,  # noqa: ARG001 - they wait meanwhile
) -> Ending:
    with watched_flow(faulty, stock) as flow:
        flow.start()
        return flow.ended()


@pytest.fixture(scope="session")
def calm(calm_run: Ending) -> Tree:
    """How the flow ends when nothing dies."""
    return calm_run.records.audit.tree
