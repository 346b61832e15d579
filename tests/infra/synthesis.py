"""What the CDK app makes of an environment, as plain JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import App

from infra.aws.app import FLAGS
from infra.aws.bundles import Bundle, Bundles
from infra.aws.environments import Environment
from infra.aws.nag import add_rules, path_of
from infra.aws.system import System, add_system

Resource = Mapping[str, Any]
Template = Mapping[str, Any]

PSEUDO_PARAMETERS = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "123456789012",
    "AWS::URLSuffix": "amazonaws.com",
}


@dataclass(frozen=True, slots=True)
class Synthesis:
    """`folder`: what was written, templates and manifests of what is to be uploaded."""

    environment: Environment
    folder: Path
    data_template: Template
    service_template: Template
    resource_paths: tuple[str, ...]

    @property
    def templates(self) -> tuple[Template, Template]:
        return self.data_template, self.service_template

    def every(self, resource_type: str) -> list[Resource]:
        return [found for template in self.templates for _, found in of_type(template, resource_type)]


def synthesize(environment: Environment, bundles: Bundles, folder: Path) -> Synthesis:
    """Fails when a rule is broken."""
    app = App(context=FLAGS, outdir=str(folder))
    system = add_system(app, environment, bundles)
    add_rules(app, environment)
    assembly = app.synth()
    return Synthesis(
        environment,
        folder,
        data_template=assembly.get_stack_by_name(system.data_stack.stack_name).template,
        service_template=assembly.get_stack_by_name(system.service_stack.stack_name).template,
        resource_paths=tuple(_paths(system)),
    )


def stand_in_bundles(folder: Path) -> Bundles:
    """What the templates say of bundles is the same whatever is in them."""
    made: list[Bundle] = []
    for name in ("code", "libraries"):
        (folder / name).mkdir(parents=True)
        (folder / name / "nothing.py").write_text("")
        made.append(Bundle(folder / name, digest=name.ljust(64, "0")))
    return Bundles(*made)


def of_type(template: Template, resource_type: str) -> Iterator[tuple[str, Resource]]:
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] == resource_type:
            yield logical_id, resource


def properties(template: Template, resource_type: str) -> list[dict[str, Any]]:
    return [resource.get("Properties", {}) for _, resource in of_type(template, resource_type)]


def text_of(value: Any) -> str:
    """An expression of a template as a text: what is not known yet stands between angle brackets."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    match function:
        case "Ref":
            return PSEUDO_PARAMETERS.get(argument, f"<{argument}>")
        case "Fn::GetAtt":
            return f"<{'.'.join(argument)}>"
        case "Fn::Join":
            return argument[0].join(text_of(part) for part in argument[1])
        case "Fn::ImportValue":
            return f"<{argument.rpartition(':')[2]}>"
        case _:
            raise ValueError(f"what {function} stands for is not known here")


def _paths(system: System) -> Iterator[str]:
    for stack in (system.data_stack, system.service_stack):
        for construct in stack.node.find_all():
            if construct.node.path.endswith("/Resource") or construct.node.id.startswith("Resource"):
                yield path_of(construct)
