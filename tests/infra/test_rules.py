"""Nothing in the templates breaks a rule of cdk-nag or cfn-lint without a reason that is written down."""

import json
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_sqs as sqs
from cfnlint import api as cfnlint

from infra.aws.acknowledgements import Acknowledgement, acknowledgements
from infra.aws.environments import DEV, ENVIRONMENTS
from infra.aws.nag import add_rules
from tests.infra.conftest import Synthesized
from tests.infra.synthesis import Synthesis

REGIONS = ["eu-west-1", "us-east-1"]
# What cfn-lint says of a template that is right, and why it is.
FALSE_ALARMS = {
    "W3005 ": "a dependency that a reference implies, too, is said twice by the CDK",
    "E3601 '{% $states.input.waitSeconds %}' is not of type 'number'": "timeouts may be expressions",
}


def test_cfn_lint_finds_nothing(synthesis: Synthesis) -> None:
    for template in synthesis.templates:
        found = [
            f"{each.rule.id} {each.message}" for each in cfnlint.lint(json.dumps(template), regions=REGIONS)
        ]

        assert [each for each in found if not each.startswith(tuple(FALSE_ALARMS))] == []


def test_a_broken_rule_fails_a_synthesis(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    sqs.Queue(Stack(app, "careless"), "Queue", encryption=sqs.QueueEncryption.UNENCRYPTED)
    add_rules(app, DEV)

    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()


def every_acknowledgement() -> list[Acknowledgement]:
    return [each for environment in ENVIRONMENTS.values() for each in acknowledgements(environment)]


def test_every_acknowledgement_has_a_reason() -> None:
    for each in every_acknowledgement():
        assert len(each.reason.split()) >= 3, each.rule


def test_every_acknowledgement_names_resources_that_exist(synthesized: Synthesized) -> None:
    paths = [path for name in ENVIRONMENTS for path in synthesized(name).resource_paths]
    unused = {
        (each.rule, pattern)
        for each in every_acknowledgement()
        for pattern in each.paths
        if not any(fnmatchcase(path, pattern) for path in paths)
    }

    assert unused == set()
