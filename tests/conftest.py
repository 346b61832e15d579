"""What every test may ask for."""

import pytest
from hypothesis import settings

pytest_plugins = ["tests.databases", "tests.fault.reporting", "tests.local_system"]

# No deadline: a machine that does other work, too, is no reason to fail.
settings.register_profile("dev", max_examples=25, deadline=None)
settings.register_profile("ci", max_examples=200, deadline=None, print_blob=True)
settings.load_profile("dev")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--corpus", default=None, help="a folder of conformance cases to run instead of our own")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
