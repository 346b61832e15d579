"""One function: its role, its log group, its place in the network."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.aws.bundles import Bundles
from infra.aws.environments import Environment
from infra.aws.grants import network_interfaces
from infra.aws.log_groups import LogGroups
from infra.aws.names import function_name
from infra.aws.network import PRIVATE
from infra.aws.units import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What every function of an environment stands on."""

    environment: Environment
    bundles: Bundles
    libraries: lambda_.LayerVersion
    vpc: ec2.IVpc
    log_groups: LogGroups


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What is particular to one function."""

    settings: Mapping[str, str]
    statements: Iterable[iam.PolicyStatement]
    security_group: ec2.ISecurityGroup


class ServerlessFunction(Construct):
    """`function`, with the log group that it writes to."""

    def __init__(
        self, scope: Construct, construct_id: str, unit: Unit, ground: Ground, wiring: Wiring
    ) -> None:
        super().__init__(scope, construct_id)
        self.unit = unit
        self._name = function_name(ground.environment, unit.name)
        self.log_group = ground.log_groups.make(self, "Logs", unit.name)
        self.role = self._role(wiring.statements)
        self.function = self._function(ground, wiring)

    def _function(self, ground: Ground, wiring: Wiring) -> lambda_.Function:
        return lambda_.Function(
            self,
            "Function",
            function_name=self._name,
            description=self.unit.does,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            code=ground.bundles.code.code(),
            layers=[ground.libraries],
            handler=self.unit.handler,
            memory_size=self.unit.memory_mib,
            timeout=Duration.seconds(self.unit.timeout_seconds),
            environment=dict(wiring.settings),
            role=self.role,
            tracing=lambda_.Tracing.ACTIVE,
            **_logging(self.log_group),
            vpc=ground.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_group_name=PRIVATE),
            security_groups=[wiring.security_group],
        )

    def _role(self, statements: Iterable[iam.PolicyStatement]) -> iam.Role:
        policies = {
            "Logs": [_write(self.log_group)],
            "Network": network_interfaces(self._arn()),
            "Calls": list(statements),
        }
        return iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={
                name: iam.PolicyDocument(statements=allowed) for name, allowed in policies.items()
            },
        )

    def _arn(self) -> str:
        return Stack.of(self).format_arn(
            service="lambda",
            resource="function",
            resource_name=self._name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )


def _write(log_group: logs.LogGroup) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log_group.log_group_arn]
    )


def _logging(log_group: logs.LogGroup) -> dict[str, object]:
    """Our lines are JSON already; of the platform's, warnings are enough."""
    return {
        "log_group": log_group,
        "logging_format": lambda_.LoggingFormat.JSON,
        "application_log_level_v2": lambda_.ApplicationLogLevel.INFO,
        "system_log_level_v2": lambda_.SystemLogLevel.WARN,
    }
