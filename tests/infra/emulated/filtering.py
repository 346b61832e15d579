"""A synthesized template without what the emulator lacks, and with addresses on this machine.

Everything else goes to the emulator as the CDK wrote it.
"""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

Template = Mapping[str, Any]

LACKING: Final = {
    "AWS::ApiGatewayV2::RouteResponse": "unknown to it; it sends what a function answers in any case",
    "AWS::EC2::FlowLog": "unknown to it",
    "AWS::EC2::Instance": "unknown to it; functions run on this machine and need no way out",
    "AWS::EC2::SecurityGroupIngress": "unknown to it; there is no network between its parts",
    "AWS::Logs::MetricFilter": "unknown to it; nobody looks at its metrics",
    "AWS::ECS::Service": "would need Docker; the test runs the relay's program itself",
    "AWS::ECS::TaskDefinition": "as the service",
}

# Attributes that it does not know, and what stands for them.
UNKNOWN: Final = {
    "MasterUserSecret.SecretArn": "arn:aws:secretsmanager:eu-west-1:000000000000:secret:administrator"
}

# It waits for as many seconds as the definition says, in figures: an expression ends the run.
WAIT_SECONDS: Final = 60


def filtered(template: Template, environment: Mapping[str, str]) -> dict[str, Any]:
    """`environment`: what every function gets beside, or instead of, its own variables."""
    kept = _known(deepcopy(dict(template)))
    _drop(kept, {name for name, each in kept["Resources"].items() if _is_lacking(each)})
    kept.pop("Rules", None)  # they ask whether the account was prepared for the CDK
    used = set(_references(kept["Resources"]))
    kept["Parameters"] = {name: each for name, each in kept.get("Parameters", {}).items() if name in used}
    for resource in kept["Resources"].values():
        match resource:
            case {"Type": "AWS::Lambda::Function", "Properties": function}:
                function["Environment"]["Variables"] |= environment
            case {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine}:
                machine["DefinitionString"] = _in_figures(machine["DefinitionString"])
            case _:
                pass
    return kept


def _in_figures(text: str) -> str:
    definition = json.loads(text)
    for state in definition["States"].values():
        if isinstance(state.get("TimeoutSeconds"), str):
            state["TimeoutSeconds"] = WAIT_SECONDS
    return json.dumps(definition)


def _is_lacking(resource: Mapping[str, Any]) -> bool:
    """It knows alarms on one metric, none on an expression."""
    is_expression = resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]
    return is_expression or resource["Type"] in LACKING


def _drop(template: dict[str, Any], names: set[str]) -> None:
    """With whatever refers to it."""
    resources, outputs = template["Resources"], template.get("Outputs", {})
    for name in names:
        del resources[name]
    for resource in resources.values():
        _forget(resource, names)
    for name in [name for name, output in outputs.items() if names & set(_references(output))]:
        del outputs[name]
    orphans = {name for name, resource in resources.items() if names & set(_references(resource))}
    if orphans:
        _drop(template, orphans)


def _forget(resource: dict[str, Any], names: set[str]) -> None:
    """A dependency on what is not there needs no waiting."""
    if "DependsOn" in resource:
        given = resource["DependsOn"]
        wanted = given if isinstance(given, list) else [given]
        resource["DependsOn"] = [name for name in wanted if name not in names]


def _known(value: Any) -> Any:
    match value:
        case {"Fn::GetAtt": [_, str(attribute)]} if attribute in UNKNOWN:
            return UNKNOWN[attribute]
        case dict():
            return {name: _known(each) for name, each in value.items()}
        case list():
            return [_known(each) for each in value]
        case _:
            return value


def _references(value: Any) -> Iterator[str]:
    match value:
        case {"Ref": str(name)}:
            yield name
        case {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case dict():
            for each in value.values():
                yield from _references(each)
        case list():
            for each in value:
                yield from _references(each)
        case _:
            pass
