"""What a role may do is what the code that runs under it calls, and no more."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from infra.aws.units import units
from tests.infra.adapter_calls import CALLS, OTHERS, actions_of
from tests.infra.conftest import Synthesized
from tests.infra.reached_calls import ROOT, reached_calls
from tests.infra.synthesis import Synthesis, of_type, properties, text_of

SERVICES_OF_ADAPTERS = {"bedrock", "execute-api", "rds-db", "secretsmanager", "states"}
UNITS = (
    "control",
    "subscription",
    "await_signal",
    "run_flow",
    "record_failure",
    "sweep",
    "migrate_database",
)
# Actions that take no resource, by the path of the statement's role or policy.
WITHOUT_RESOURCE = {
    "ec2:AssignPrivateIpAddresses": "Lambda makes the network interfaces of a function",
    "ec2:CreateNetworkInterface": "as above",
    "ec2:DeleteNetworkInterface": "as above",
    "ec2:DescribeNetworkInterfaces": "as above",
    "ec2:DescribeSubnets": "as above",
    "ec2:UnassignPrivateIpAddresses": "as above",
    "ecr:GetAuthorizationToken": "one token opens every repository of the account that the role may read",
    "logs:CreateLogDelivery": "Step Functions has its logs delivered",
    "logs:DeleteLogDelivery": "as above",
    "logs:DescribeLogGroups": "as above",
    "logs:DescribeResourcePolicies": "as above",
    "logs:GetLogDelivery": "as above",
    "logs:ListLogDeliveries": "as above",
    "logs:PutResourcePolicy": "as above",
    "logs:UpdateLogDelivery": "as above",
    "xray:GetSamplingRules": "X-Ray knows no resources",
    "xray:GetSamplingTargets": "as above",
    "xray:PutTelemetryRecords": "as above",
    "xray:PutTraceSegments": "as above",
}

Statement = dict[str, Any]


def listed(value: Any) -> list[Any]:
    return list(cast("list[Any]", value)) if isinstance(value, list) else [value]


def policies(template: Any) -> Iterator[tuple[str, Statement]]:
    """Every statement of an identity's policy, with the logical id of its role."""
    for logical_id, role in of_type(template, "AWS::IAM::Role"):
        for policy in role["Properties"].get("Policies", []):
            yield from ((logical_id, each) for each in policy["PolicyDocument"]["Statement"])
    for policy in properties(template, "AWS::IAM::Policy"):
        for role in policy["Roles"]:
            yield from ((role["Ref"], each) for each in policy["PolicyDocument"]["Statement"])


def statements_of(role: str, synthesis: Synthesis) -> list[Statement]:
    found = policies(synthesis.service_template)
    return [each for name, each in found if name == role and each["Effect"] == "Allow"]


def role_of(unit: str, synthesis: Synthesis) -> str:
    if unit == "relay":
        (task,) = properties(synthesis.service_template, "AWS::ECS::TaskDefinition")
        return task["TaskRoleArn"]["Fn::GetAtt"][0]
    found = properties(synthesis.service_template, "AWS::Lambda::Function")
    (function,) = (each for each in found if each["Handler"] == f"functions.{unit}.handler.handler")
    return function["Role"]["Fn::GetAtt"][0]


def granted(unit: str, synthesis: Synthesis) -> set[str]:
    """Of the services that our adapters call; connections with the method."""
    found: set[str] = set()
    for statement in statements_of(role_of(unit, synthesis), synthesis):
        for action in listed(statement["Action"]):
            if action == "execute-api:ManageConnections":
                arns = map(text_of, listed(statement["Resource"]))
                found |= {f"{action} {arn.split('/')[2]}" for arn in arns}
            elif action.partition(":")[0] in SERVICES_OF_ADAPTERS:
                found.add(action)
    return found


async def needed(unit: str) -> set[str]:
    entry = "functions.relay.main" if unit == "relay" else f"functions.{unit}.handler"
    reached = reached_calls(entry)
    calls = [method for method in CALLS if (method[0].__name__, method[1]) in reached]
    actions = [await actions_of(method) for method in calls]
    sign_in = "secretsmanager:GetSecretValue" if unit == "migrate_database" else "rds-db:connect"
    return {sign_in}.union(*actions)


@pytest.mark.anyio
@pytest.mark.parametrize("unit", [*UNITS, "relay"])
async def test_a_unit_may_do_what_its_code_calls_and_no_more(unit: str, synthesized: Synthesized) -> None:
    assert granted(unit, synthesized("prod")) == await needed(unit)


def test_every_unit_is_looked_at(synthesized: Synthesized) -> None:
    assert {*units(synthesized("dev").environment), "migrate_database"} == set(UNITS)


def test_every_method_of_an_adapter_is_looked_at() -> None:
    known = set(CALLS) | OTHERS
    adapters = {adapter for adapter, _ in known}
    methods = {
        (adapter, name)
        for adapter in adapters
        for name, method in vars(adapter).items()
        if not name.startswith("_")
        and (inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method))
    }

    assert methods == known


def test_every_service_that_requests_are_signed_for_is_looked_at() -> None:
    folder = ROOT / "shared" / "chaingraph"
    signed_for = {service for path in folder.rglob("*.py") for service in signed_services(path)}

    assert signed_for == SERVICES_OF_ADAPTERS


def signed_services(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Signer":
            yield from (ast.literal_eval(each.value) for each in node.keywords if each.arg == "service")


@pytest.mark.anyio
@pytest.mark.parametrize("method", CALLS, ids=lambda method: f"{method[0].__name__}.{method[1]}")
async def test_every_method_needs_one_action(method: tuple[type, str]) -> None:
    assert len(await actions_of(method)) == 1


def test_slices_read_secrets_that_are_encrypted_with_the_key_of_production(synthesized: Synthesized) -> None:
    synthesis = synthesized("prod")
    deciphering = [
        each
        for each in statements_of(role_of("run_flow", synthesis), synthesis)
        if "kms:Decrypt" in listed(each["Action"])
    ]

    ((condition,),) = (each["Condition"].values() for each in deciphering)
    assert {name: text_of(value) for name, value in condition.items()} == {
        "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"
    }


def test_no_action_is_a_pattern(synthesis: Synthesis) -> None:
    for template in synthesis.templates:
        for role, statement in policies(template):
            assert not [action for action in listed(statement["Action"]) if "*" in action], role


def test_only_what_takes_no_resource_is_allowed_on_any(synthesis: Synthesis) -> None:
    for template in synthesis.templates:
        for role, statement in policies(template):
            if "*" in listed(statement["Resource"]):
                assert set(listed(statement["Action"])) <= set(WITHOUT_RESOURCE), role


def test_the_code_of_a_function_makes_no_network_interfaces(synthesis: Synthesis) -> None:
    denied = [each for _, each in policies(synthesis.service_template) if each["Effect"] == "Deny"]

    assert len(denied) == len(UNITS)
    for statement in denied:
        assert set(statement["Condition"]) == {"ArnEquals"}
        assert set(statement["Action"]) == {name for name in WITHOUT_RESOURCE if name.startswith("ec2:")}


def test_the_workflow_invokes_its_three_functions_and_nothing_else(synthesis: Synthesis) -> None:
    (machine,) = properties(synthesis.service_template, "AWS::StepFunctions::StateMachine")
    role = machine["RoleArn"]["Fn::GetAtt"][0]
    invoking = [
        each for each in statements_of(role, synthesis) if "lambda:InvokeFunction" in listed(each["Action"])
    ]

    (statement,) = invoking
    assert {text_of(arn) for arn in statement["Resource"]} == {
        text_of(arn) for arn in machine["DefinitionSubstitutions"].values()
    }


def test_roles_are_assumed_by_services_only(synthesis: Synthesis) -> None:
    for role in synthesis.every("AWS::IAM::Role"):
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
            assert set(statement["Principal"]) == {"Service"}
