"""What a change does to permissions, workflow and stored things is looked at by a person."""

import json

import pytest

from infra.aws.environments import ENVIRONMENTS
from tests.infra.conftest import Synthesized
from tests.infra.snapshots import SNAPSHOTS, snapshot_path, stateful
from tests.infra.synthesis import Synthesis


@pytest.mark.parametrize("kind", SNAPSHOTS)
def test_the_template_is_as_it_was_reviewed(kind: str, synthesis: Synthesis) -> None:
    """After a wanted change: `python -m tests.infra.snapshots`."""
    reviewed = json.loads(snapshot_path(kind, synthesis.environment.name).read_text(encoding="utf-8"))

    assert json.loads(json.dumps(SNAPSHOTS[kind](synthesis))) == reviewed


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_databases_bear_names_so_that_none_is_made_beside_another(
    environment: str, synthesized: Synthesized
) -> None:
    """CloudFormation refuses to replace what has a name of its own: nothing is lost by a careless change."""
    found = stateful(synthesized(environment)).values()
    servers = [each for each in found if each["type"] in {"AWS::RDS::DBCluster", "AWS::RDS::DBInstance"}]

    named = [
        each["replaced_with"].get("DBClusterIdentifier") or each["replaced_with"].get("DBInstanceIdentifier")
        for each in servers
    ]
    assert f"chaingraph-{environment}" in named


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_nothing_stored_goes_with_its_stack_unnoticed(environment: str, synthesized: Synthesized) -> None:
    kept = {each["type"]: each["kept"] for each in stateful(synthesized(environment)).values()}

    assert kept.get("AWS::RDS::DBCluster", kept["AWS::RDS::DBInstance"]) in {"Snapshot", "Retain"}
