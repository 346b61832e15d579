"""The program of the CDK: `-c env=NAME` says which environment; without it, all are synthesized."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from aws_cdk import App

from infra.aws import budget
from infra.aws.bundling import PYTHON, Bundling, python_of_lambda
from infra.aws.environments import DEV, Environment, environment_named
from infra.aws.nag import add_rules
from infra.aws.system import add_system
from infra.aws.units import MIGRATE_DATABASE, units

BUNDLES: Final = Path(__file__).parents[2] / "dist" / "aws"
FLAGS: Final = {
    "@aws-cdk/core:validateAgainstDefaultRules": True,
    "@aws-cdk/aws-iam:minimizePolicies": True,
    "@aws-cdk/core:enablePartitionLiterals": True,
}


def main() -> None:
    app = App(context=FLAGS)
    environment = environment_named(app.node.try_get_context("env") or DEV.name)
    bundles = Bundling(BUNDLES, python=_python()).bundles()
    add_system(app, environment, bundles)
    add_rules(app, environment)
    app.synth()
    if app.node.try_get_context("report"):
        _say(budget.report(bundles, _names(environment)))


def _names(environment: Environment) -> Iterable[str]:
    return (*units(environment), MIGRATE_DATABASE.name)


def _python() -> str | None:
    found = python_of_lambda()
    if found is None:
        _say(
            f"Python {PYTHON} is not on this machine: the bundles are not compiled, cold starts take longer."
        )
    return found


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    main()
