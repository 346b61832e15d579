"""The interpreter runs the definition to the same ends as moto, which others wrote."""

from pathlib import Path

import pytest

from tests.workflow_oracle import on_interpreter, on_moto
from tests.workflow_oracle.chance import scenario
from tests.workflow_oracle.scenarios import SCENARIOS, Scenario

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize("expected", SCENARIOS, ids=lambda expected: expected.name)
def test_the_interpreter_does_what_moto_does(
    expected: Scenario, empty_database_url: str, tmp_path: Path
) -> None:
    theirs = on_moto.play(expected)

    ours = on_interpreter.play(expected, empty_database_url, tmp_path)

    assert ours == theirs
    assert (ours.status, ours.error, ours.states) == (expected.status, expected.error, tuple(expected.states))
    assert ours.output == expected.output


@pytest.mark.parametrize("seed", range(4))
def test_the_interpreter_does_what_moto_does_with_any_answers(
    seed: int, empty_database_url: str, tmp_path: Path
) -> None:
    theirs = on_moto.play(scenario(seed))

    assert on_interpreter.play(scenario(seed), empty_database_url, tmp_path) == theirs
