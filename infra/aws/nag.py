"""Rules for what is synthesized: cdk-nag's, with what is acknowledged. A broken one fails a synthesis."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

import cdk_nag
from aws_cdk import Acknowledgment, App, CfnResource, Stack, Validations
from constructs import IConstruct

from infra.aws.acknowledgements import Acknowledgement, acknowledgements
from infra.aws.environments import Environment


def add_rules(app: App, environment: Environment) -> None:
    known = acknowledgements(environment)
    for construct in app.node.find_all():
        if CfnResource.is_cfn_resource(construct):
            _acknowledge(construct, known)
    Validations.of(app).add_plugins(
        cdk_nag.AwsSolutionsChecks(app, verbose=True), cdk_nag.ServerlessChecks(app, verbose=True)
    )


def acknowledged(path: str, known: Iterable[Acknowledgement]) -> Iterator[Acknowledgement]:
    """What holds for a resource; `path` is below its stack."""
    for acknowledgement in known:
        if any(fnmatchcase(path, pattern) for pattern in acknowledgement.paths):
            yield acknowledgement


def path_of(resource: IConstruct) -> str:
    return resource.node.path.removeprefix(f"{Stack.of(resource).node.path}/")


def _acknowledge(resource: IConstruct, known: Iterable[Acknowledgement]) -> None:
    for found in acknowledged(path_of(resource), known):
        Validations.of(resource).acknowledge(Acknowledgment(id=found.rule, reason=found.reason))
