"""The interpreter runs the definition to the same ends as moto, which others wrote."""

from pathlib import Path

import pytest

from tests.workflow_oracle import on_interpreter, on_moto
from tests.workflow_oracle.scenarios import SCENARIOS, Scenario


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_interpreter_does_what_moto_does(
    scenario: Scenario, empty_database_url: str, tmp_path: Path
) -> None:
    theirs = on_moto.play(scenario)

    ours = on_interpreter.play(scenario, empty_database_url, tmp_path)

    assert ours == theirs
    assert (ours.status, ours.error, ours.states) == (scenario.status, scenario.error, tuple(scenario.states))
    assert ours.output == scenario.output
