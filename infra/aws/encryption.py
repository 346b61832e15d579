"""The customer's key, where the environment has one of its own; elsewhere AWS's keys encrypt."""

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.aws.environments import Environment
from infra.aws.log_groups import log_prefix


def customer_key(scope: Construct, environment: Environment) -> kms.Key | None:
    if not environment.is_kept:
        return None
    key = kms.Key(
        scope,
        "Key",
        alias=environment.prefix,
        description=f"Everything that {environment.prefix} stores",
        enable_key_rotation=True,
        removal_policy=RemovalPolicy.RETAIN,
    )
    key.add_to_resource_policy(_logs_may_use_it(Stack.of(scope), environment))
    key.add_to_resource_policy(_alarms_may_use_it(Stack.of(scope)))
    key.add_to_resource_policy(_events_may_use_it())
    return key


def _logs_may_use_it(stack: Stack, environment: Environment) -> iam.PolicyStatement:
    groups = (
        f"arn:{stack.partition}:logs:{stack.region}:{stack.account}:log-group:{log_prefix(environment)}/*"
    )
    return iam.PolicyStatement(
        principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
        actions=["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        resources=["*"],
        conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
    )


def _alarms_may_use_it(stack: Stack) -> iam.PolicyStatement:
    """What they publish to an encrypted topic."""
    statement = _writer_may_use_it("cloudwatch.amazonaws.com")
    statement.add_condition("StringEquals", {"aws:SourceAccount": stack.account})
    return statement


def _events_may_use_it() -> iam.PolicyStatement:
    """What EventBridge leaves in an encrypted queue. It does not say for whom: no condition would hold."""
    return _writer_may_use_it("events.amazonaws.com")


def _writer_may_use_it(service: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        principals=[iam.ServicePrincipal(service)],
        actions=["kms:Decrypt", "kms:GenerateDataKey*"],
        resources=["*"],
    )
