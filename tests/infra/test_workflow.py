"""The definition in the template is the one that the local system runs and that the oracle has run."""

import json

import pytest

from chaingraph.errors import Rejected
from infra.aws.units import run_flow, units
from infra.local.workflow.loading import read_definition
from tests.infra.conftest import Synthesized
from tests.infra.snapshots import workflow
from tests.infra.synthesis import Synthesis, text_of
from tests.workflow_oracle.definition import DEFINITION

# The workflow begins another slice only when the function of the last one is dead for sure.
GRACE_SECONDS = 30


def test_the_template_holds_the_one_definition(synthesis: Synthesis) -> None:
    assert workflow(synthesis)["definition"] == json.loads(DEFINITION.read_text(encoding="utf-8"))


def test_every_target_exists_every_state_is_reached_and_every_expression_is_read(
    synthesis: Synthesis,
) -> None:
    found = workflow(synthesis)
    names = {name: text_of(arn) for name, arn in found["substitutions"].items()}

    definition = read_definition(json.dumps(found["definition"]), names)
    assert set(definition.states) == {"Next", "AwaitSignal", "RunFlow", "RecordFailure", "Done"}


def test_a_definition_with_a_missing_target_is_refused(synthesized: Synthesized) -> None:
    found = workflow(synthesized("dev"))
    found["definition"]["States"]["RunFlow"]["Next"] = "Nowhere"

    with pytest.raises(Rejected):
        read_definition(json.dumps(found["definition"]), {name: name for name in found["substitutions"]})


@pytest.mark.parametrize("state", ["RunFlow", "RecordFailure"])
def test_the_workflow_waits_longer_than_its_functions_live(state: str, synthesis: Synthesis) -> None:
    unit = {
        "RunFlow": run_flow(synthesis.environment),
        "RecordFailure": units(synthesis.environment)["record_failure"],
    }
    timeout = workflow(synthesis)["definition"]["States"][state]["TimeoutSeconds"]

    assert timeout >= unit[state].timeout_seconds + GRACE_SECONDS
