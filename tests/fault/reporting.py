"""How many faults the tests inject, and the line that says how many were survived."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol
from zlib import crc32

import pytest

PROPERTY = "faults survived"
AGAIN = "nodes run again"
# Of the places where a fault can strike, so many in a run of all tests; each with --every-fault.
SOME = 5
FEW = 2


class Survived(Protocol):
    def __call__(self, kinds: Iterable[str], again: Iterable[int] = ()) -> None:
        """The kinds of the faults that were survived; how many nodes each crash made run again."""
        ...


Places = Callable[[int], Sequence[int]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-fault", action="store_true", help="a fault at every place, not at some")


@pytest.fixture
def survived(record_property: Callable[[str, object], None]) -> Survived:
    """To be told what was injected and survived."""

    def record(kinds: Iterable[str], again: Iterable[int] = ()) -> None:
        record_property(PROPERTY, [str(kind) for kind in kinds])
        record_property(AGAIN, list(again))

    return record


@pytest.fixture
def places(pytestconfig: pytest.Config) -> Places:
    """Of the places 1 to `count` those where a fault is to strike."""
    if pytestconfig.getoption("every_fault"):
        return lambda count: range(1, count + 1)
    return lambda count: range(1 + count // (2 * SOME), count + 1, max(1, count // SOME))


@pytest.fixture
def few_places(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Places:
    """The same, but fewer, and others for each test."""
    if pytestconfig.getoption("every_fault"):
        return lambda count: range(1, count + 1)
    lot = crc32(" ".join(sorted(request.keywords)).encode())
    return lambda count: range(1 + lot % max(1, count // FEW), count + 1, max(1, count // FEW))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    kinds = Counter(_recorded(PROPERTY, terminalreporter))
    if kinds:
        told = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        terminalreporter.write_line(f"{kinds.total()} faults injected and survived: {told}")
    again = list(_recorded(AGAIN, terminalreporter))
    if again:
        mean = sum(again) / len(again)
        terminalreporter.write_line(f"nodes run again per crash: {mean:.2f} on average, at most {max(again)}")


def _recorded(wanted: str, reporter: pytest.TerminalReporter) -> Iterable[Any]:
    return (
        value
        for report in reporter.stats.get("passed", [])
        for name, values in getattr(report, "user_properties", [])
        if name == wanted
        for value in values
    )
