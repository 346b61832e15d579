"""The program of the CDK: `-c env=NAME` says which environment; without it, all are synthesized."""

import sys
from typing import Final

from aws_cdk import App

from infra.aws.bundling import PYTHON, bundles_of, python_of_lambda
from infra.aws.environments import DEV, environment_named
from infra.aws.nag import add_rules
from infra.aws.system import add_system

FLAGS: Final = {
    "@aws-cdk/core:validateAgainstDefaultRules": True,
    "@aws-cdk/aws-iam:minimizePolicies": True,
    "@aws-cdk/core:enablePartitionLiterals": True,
}


def main() -> None:
    if python_of_lambda() is None:
        sys.stderr.write(f"Python {PYTHON} is not here: the bundles are not compiled, cold starts slow.\n")
    app = App(context=FLAGS)
    environment = environment_named(app.node.try_get_context("env") or DEV.name)
    add_system(app, environment, bundles_of(environment))
    add_rules(app, environment)
    app.synth()


if __name__ == "__main__":
    main()
