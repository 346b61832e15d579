from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from infra.aws.bundles import Bundles
from infra.aws.bundling import Bundling
from infra.aws.environments import ENVIRONMENTS
from tests.infra.synthesis import Synthesis, stand_in_bundles, synthesize

Synthesized = Callable[[str], Synthesis]


@pytest.fixture(scope="session")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """Each environment once, by its name."""
    folder = tmp_path_factory.mktemp("synthesis")
    bundles = _bundles(folder)

    @cache
    def once(name: str) -> Synthesis:
        return synthesize(ENVIRONMENTS[name], bundles, folder / name)

    return once


def _bundles(folder: Path) -> Bundles:
    """Our code as it is uploaded; libraries, which would have to be fetched, are those of this Python."""
    stand_ins = stand_in_bundles(folder / "stand-ins")
    return Bundles(code=Bundling(folder / "code", python=None).code(), libraries=stand_ins.libraries)


@pytest.fixture(params=list(ENVIRONMENTS), scope="session")
def synthesis(request: pytest.FixtureRequest, synthesized: Synthesized) -> Synthesis:
    """Every environment in turn."""
    return synthesized(request.param)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker synthesizes for all; the first test of it waits for the CDK to be loaded."""
    for test in items:
        if "synthes" in "".join(getattr(test, "fixturenames", ())):
            test.add_marker(pytest.mark.xdist_group("synth"))
            test.add_marker(pytest.mark.timeout(180))
