"""What each function may do: the calls that its code makes, on the resources that it makes them to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam

from infra.aws.environments import Environment
from infra.aws.names import STAGE, database_user_arn, state_machine_arn

START: Final = "states:StartExecution"
WAKE: Final = "states:SendTaskSuccess"
POST: Final = "POST"
CLOSE: Final = "DELETE"

WORKFLOW_CALLS: Final[Mapping[str, tuple[str, ...]]] = {
    "control": (START, WAKE),
    "await_signal": (WAKE,),
    "run_flow": (START, WAKE),
    "record_failure": (START, WAKE),
    "sweep": (START, WAKE),
}
RUNS_NODES: Final = "run_flow"
CONNECTION_CALLS: Final[Mapping[str, tuple[str, ...]]] = {
    "control": (POST,),
    "subscription": (POST,),
    "sweep": (CLOSE,),
}
INTERFACES: Final = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)


@dataclass(frozen=True, slots=True)
class Grants:
    stack: Stack
    environment: Environment
    websocket_api_id: str
    key_arn: str | None

    def of(self, unit: str) -> list[iam.PolicyStatement]:
        """Every one that serves reads and writes the database."""
        statements = [self.sign_in()]
        if unit in WORKFLOW_CALLS:
            statements.append(self._workflow(WORKFLOW_CALLS[unit]))
        if unit in CONNECTION_CALLS:
            statements.append(self.connections(CONNECTION_CALLS[unit]))
        if unit == RUNS_NODES:
            statements.extend(self._of_nodes())
        return statements

    def sign_in(self) -> iam.PolicyStatement:
        return iam.PolicyStatement(actions=["rds-db:connect"], resources=[database_user_arn(self.stack)])

    def connections(self, methods: Iterable[str]) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            actions=["execute-api:ManageConnections"],
            resources=[self._connections_arn(method) for method in methods],
        )

    def _workflow(self, actions: Iterable[str]) -> iam.PolicyStatement:
        arn = state_machine_arn(self.stack, self.environment)
        return iam.PolicyStatement(actions=list(actions), resources=[arn])

    def _of_nodes(self) -> list[iam.PolicyStatement]:
        """What nodes reach with the role of the deployment: the secrets of flows, and models."""
        secrets = self.stack.format_arn(
            service="secretsmanager",
            resource="secret",
            resource_name=f"{self.environment.secrets_prefix}*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        models = [arn for model in self.environment.bedrock_models for arn in self._model_arns(model)]
        decrypting = [] if self.key_arn is None else [decrypt(self.key_arn, self.stack)]
        return [
            iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[secrets]),
            iam.PolicyStatement(actions=["bedrock:InvokeModelWithResponseStream"], resources=models),
            *decrypting,
        ]

    def _model_arns(self, model: str) -> tuple[str, str]:
        """A model, in whatever region, and the profiles that spread its calls over regions."""
        anywhere = self.stack.format_arn(
            service="bedrock", region="*", account="", resource="foundation-model", resource_name=model
        )
        profile = self.stack.format_arn(
            service="bedrock", resource="inference-profile", resource_name=f"*.{model}"
        )
        return anywhere, profile

    def _connections_arn(self, method: str) -> str:
        return self.stack.format_arn(
            service="execute-api",
            resource=self.websocket_api_id,
            resource_name=f"{STAGE}/{method}/@connections/*",
        )


def network_interfaces(function_arn: str) -> list[iam.PolicyStatement]:
    """Lambda makes them with the function's role; the function's own code may not."""
    return [
        iam.PolicyStatement(actions=list(INTERFACES), resources=["*"]),
        iam.PolicyStatement(
            effect=iam.Effect.DENY,
            actions=list(INTERFACES),
            resources=["*"],
            conditions={"ArnEquals": {"lambda:SourceFunctionArn": function_arn}},
        ),
    ]


def read_secret(secret_arn: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[secret_arn])


def decrypt(key_arn: str, stack: Stack) -> iam.PolicyStatement:
    """Only by way of Secrets Manager."""
    return iam.PolicyStatement(
        actions=["kms:Decrypt"],
        resources=[key_arn],
        conditions={"StringEquals": {"kms:ViaService": f"secretsmanager.{stack.region}.{stack.url_suffix}"}},
    )
