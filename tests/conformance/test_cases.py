"""Every recorded case, run by this engine."""

from pathlib import Path

import pytest

from chaingraph.errors import Rejected
from chaingraph.graph.node_types import NodeTypes
from chaingraph.nodes.built_in import built_in_node_types
from tests.conformance.case import Case, node_types_of, play, read_case
from tests.conformance.comparison import differences
from tests.conformance.deviations import (
    REPORTED,
    broken_invariants,
    differs_in_meaning,
    is_refused,
    reported_differences,
)
from tests.conformance.stream_source import TestStreamSource

OWN = Path(__file__).parent / "cases"

REFUSALS = {
    "cycle-of-three-beside-chain": ("cycle",),
    "load-unknown-type": ("NoSuchNode",),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    corpus = metafunc.config.getoption("--corpus")
    folder = Path(corpus) if corpus else OWN
    paths = sorted(folder.glob("*.json"))
    metafunc.parametrize("path", paths, ids=[path.stem for path in paths])


@pytest.fixture(scope="session")
def node_types() -> NodeTypes:
    return built_in_node_types().merged(NodeTypes.of(TestStreamSource))


def test_a_run_does_what_was_recorded(path: Path, node_types: NodeTypes) -> None:
    case = read_case(path)
    if not is_refused(case):
        _skip_what_is_not_there(case, node_types)

    assert _problems(case, node_types) == []


def _skip_what_is_not_there(case: Case, node_types: NodeTypes) -> None:
    missing = sorted(name for name in node_types_of(case) if node_types.get(name) is None)
    if missing:
        pytest.skip(f"node types that do not exist yet: {', '.join(missing)}")


def _problems(case: Case, node_types: NodeTypes) -> list[str]:
    try:
        played = play(case, node_types)
    except Rejected as refusal:
        return _unexpected_refusal(case, refusal)
    if case.name in REFUSALS:
        return ["it was not refused"]
    if differs_in_meaning(case) or is_refused(case):
        return broken_invariants(played)
    if REPORTED in case.deviates:
        return reported_differences(case, played)
    return differences(case, played)


def _unexpected_refusal(case: Case, refusal: Rejected) -> list[str]:
    if not is_refused(case):
        return [f"refused: {problem}" for problem in refusal.problems]
    words = REFUSALS.get(case.name, ())
    return [f"the refusal does not name {word}" for word in words if word not in refusal.message]
