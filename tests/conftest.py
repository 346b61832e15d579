"""What every test may ask for."""

import signal

import pytest
from hypothesis import settings

pytest_plugins = ["tests.databases", "tests.fault.reporting", "tests.local_system"]

# No deadline: a machine that does other work, too, is no reason to fail.
settings.register_profile("dev", max_examples=25, deadline=None)
settings.register_profile("ci", max_examples=200, deadline=None, print_blob=True)
settings.load_profile("dev")


# Of a property: as many examples as the profile wants, on a machine that does other work, too.
PROPERTY_SECONDS = 240


def pytest_configure() -> None:
    """A run in the background of a shell ignores Ctrl-C; the programs that it starts shall not."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What may take long comes first, so that no worker is left alone with it at the end."""
    for test in items:
        function = getattr(test, "obj", None)
        if getattr(function, "is_hypothesis_test", False) and test.get_closest_marker("timeout") is None:
            test.add_marker(pytest.mark.timeout(PROPERTY_SECONDS))
    items.sort(key=_allowed_seconds, reverse=True)


def _allowed_seconds(test: pytest.Item) -> float:
    mark = test.get_closest_marker("timeout")
    return mark.args[0] if mark is not None else 0.0


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--corpus", default=None, help="a folder of conformance cases to run instead of our own")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
