"""Where a rule of cdk-nag is not followed, and why. Each names resources by their paths in the stacks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from infra.aws.environments import Environment

ACCOUNT: Final = "<AWS::Region>:<AWS::AccountId>"
ARN: Final = "arn:<AWS::Partition>"
API: Final = "<WebSocketApi273F6915>/v1"
WILDCARD: Final = "AwsSolutions::AwsSolutions-IAM5"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """`paths`: patterns, below the stack."""

    rule: str
    paths: tuple[str, ...]
    reason: str


PERMISSIONS: Final = (
    Acknowledgement(
        f"{WILDCARD}[Resource::{ARN}:rds-db:{ACCOUNT}:dbuser:*/chaingraph_service]",
        (
            "Functions/*/Role/Resource",
            "Relay/Task/TaskRole/DefaultPolicy/Resource",
            "Database/ProxyRole/Resource",
        ),
        "The role of the database is named; its server is not, because one restored from a backup has "
        "another id and takes its place under the same name.",
    ),
    Acknowledgement(
        f"{WILDCARD}[Resource::*]",
        ("Functions/*/Role/Resource",),
        "Lambda's network interfaces: EC2 takes no resource for them. The code of the function itself is "
        "denied the same actions.",
    ),
    Acknowledgement(
        f"{WILDCARD}[Resource::*]",
        ("Functions/*/Role/DefaultPolicy/Resource",),
        "X-Ray takes no resource: xray:PutTraceSegments and xray:PutTelemetryRecords only.",
    ),
    Acknowledgement(
        f"{WILDCARD}[Resource::*]",
        ("Workflow/StateMachine/Role/DefaultPolicy/Resource",),
        "X-Ray and the delivery of logs take no resource; the functions that it calls are named.",
    ),
    Acknowledgement(
        f"{WILDCARD}[Resource::*]",
        ("Relay/Task/ExecutionRole/DefaultPolicy/Resource",),
        "ecr:GetAuthorizationToken takes no resource; the image's repository and the log group are named.",
    ),
    Acknowledgement(
        f"{WILDCARD}[Resource::{ARN}:execute-api:{ACCOUNT}:{API}/POST/@connections/*]",
        (
            "Functions/Control/Role/Resource",
            "Functions/Subscription/Role/Resource",
            "Relay/Task/TaskRole/DefaultPolicy/Resource",
        ),
        "The connections of one API and stage: their ids are made when clients connect.",
    ),
    Acknowledgement(
        f"{WILDCARD}[Resource::{ARN}:execute-api:{ACCOUNT}:{API}/DELETE/@connections/*]",
        ("Functions/Sweep/Role/Resource", "Relay/Task/TaskRole/DefaultPolicy/Resource"),
        "The connections of one API and stage: their ids are made when clients connect.",
    ),
    Acknowledgement(
        "Serverless::Serverless-LambdaStarPermissions",
        ("Functions/*/Role/Resource",),
        "As for AwsSolutions-IAM5, which lists each of them.",
    ),
    Acknowledgement(
        f"AwsSolutions::AwsSolutions-IAM4[Policy::{ARN}:iam::aws:policy/service-role/"
        "AmazonAPIGatewayPushToCloudWatchLogs]",
        ("WebSocket/LogRole/Resource",),
        "The account's role for the logs of API Gateway, as AWS defines it: it serves every API there.",
    ),
)

FUNCTIONS: Final = (
    Acknowledgement(
        "AwsSolutions::AwsSolutions-L1",
        ("Functions/*/Function/Resource",),
        "Python 3.13 is what the libraries are locked and tested for; it is supported until 2029.",
    ),
    Acknowledgement(
        "Serverless::Serverless-LambdaDLQ",
        ("Functions/*/Function/Resource",),
        "Called with an answer awaited, by API Gateway, the workflow or CloudFormation. The sweep alone is "
        "not: its rules have a queue for what they could not deliver, and the next sweep finds the same.",
    ),
    Acknowledgement(
        "Serverless::Serverless-LambdaLatestVersion",
        ("Functions/*/Function/Resource",),
        "As for AwsSolutions-L1.",
    ),
    Acknowledgement(
        "AwsSolutions::AwsSolutions-APIG4",
        ("Http/Api/*/Resource", "WebSocket/Api/*/Resource"),
        "The functions check the token themselves, alike for HTTP, for $connect and for connectionParams, "
        "which no authorizer of the platform sees. Without one, a connection can do nothing and is closed.",
    ),
    Acknowledgement(
        "AwsSolutions::AwsSolutions-SF1",
        ("Workflow/StateMachine/Resource",),
        "Errors are logged; Step Functions keeps the history of every run for 90 days anyway.",
    ),
    Acknowledgement(
        "AwsSolutions::AwsSolutions-ECS2",
        ("Relay/Task/Resource",),
        "Addresses and names; no secret is among them.",
    ),
    Acknowledgement(
        "AwsSolutions::AwsSolutions-ECS4",
        ("Relay/Cluster/Resource",),
        "Where nothing is kept, figures of the one task would cost more than the task is worth.",
    ),
    Acknowledgement(
        "AwsSolutions::AwsSolutions-SQS3",
        ("Sweeping/Undelivered/Resource",),
        "It is the queue of what could not be delivered.",
    ),
    Acknowledgement(
        "Serverless::Serverless-SQSRedrivePolicy",
        ("Sweeping/Undelivered/Resource",),
        "As for AwsSolutions-SQS3.",
    ),
)

SIZES: Final = (
    Acknowledgement(
        "AwsSolutions::AwsSolutions-RDS3",
        ("Database/Instance/Resource",),
        "One zone is enough where nothing is kept; production has a reader in a second one.",
    ),
    Acknowledgement(
        "AwsSolutions::AwsSolutions-RDS10",
        ("Database/Instance/Resource", "Database/Cluster/Resource"),
        "Environments that can be thrown away; a snapshot stays. Production is protected from deletion.",
    ),
    Acknowledgement(
        "AwsSolutions::AwsSolutions-RDS11",
        ("Database/Instance/Resource",),
        "A port other than 5432 keeps nobody out: the security group does, and the subnets lead nowhere.",
    ),
    Acknowledgement(
        "AwsSolutions::AwsSolutions-EC26",
        ("Network/Vpc/publicSubnet1/NatInstance/Resource",),
        "The disk of the machine that passes packets on holds the operating system only.",
    ),
    Acknowledgement(
        "AwsSolutions::AwsSolutions-EC28",
        ("Network/Vpc/publicSubnet1/NatInstance/Resource",),
        "Figures every five minutes are enough for development.",
    ),
    Acknowledgement(
        "AwsSolutions::AwsSolutions-EC29",
        ("Network/Vpc/publicSubnet1/NatInstance/Resource",),
        "It keeps nothing: a deployment makes it anew.",
    ),
    Acknowledgement(
        "AwsSolutions::AwsSolutions-COG2",
        ("Users/Pool/Resource",),
        "A second factor is offered; production asks for it.",
    ),
    Acknowledgement(
        "AwsSolutions::AwsSolutions-COG8",
        ("Users/Pool/Resource",),
        "The plus plan costs for every active user; nobody signs up here, an administrator invites.",
    ),
)

CONSOLE: Final = (
    Acknowledgement(
        "AwsSolutions::AwsSolutions-CFR1",
        ("Console/Distribution/Resource",),
        "The page may be read from any country.",
    ),
    Acknowledgement(
        "AwsSolutions::AwsSolutions-CFR2",
        ("Console/Distribution/Resource",),
        "Files that do not change: there is nothing behind them to protect.",
    ),
    Acknowledgement(
        "AwsSolutions::AwsSolutions-CFR3",
        ("Console/Distribution/Resource",),
        "Who reads the page is not recorded; who calls the APIs is.",
    ),
    Acknowledgement(
        "AwsSolutions::AwsSolutions-CFR4",
        ("Console/Distribution/Resource",),
        "CloudFront's own domain comes with its own certificate and protocols.",
    ),
    Acknowledgement(
        "AwsSolutions::AwsSolutions-S1",
        ("Console/Pages/Resource",),
        "Only the distribution reads the bucket.",
    ),
)


def acknowledgements(environment: Environment) -> tuple[Acknowledgement, ...]:
    return (*PERMISSIONS, *_of_nodes(environment), *FUNCTIONS, *SIZES, *CONSOLE)


def _of_nodes(environment: Environment) -> Iterator[Acknowledgement]:
    """What flows may name is not known when the stack is made; where it may lie is."""
    slices = ("Functions/RunFlow/Role/Resource",)
    yield Acknowledgement(
        f"{WILDCARD}[Resource::{ARN}:secretsmanager:{ACCOUNT}:secret:{environment.secrets_prefix}*]",
        slices,
        "The secrets of flows: users make them, under one prefix of this environment.",
    )
    for model in environment.bedrock_models:
        for arn in (f"*::foundation-model/{model}", f"{ACCOUNT}:inference-profile/*.{model}"):
            yield Acknowledgement(
                f"{WILDCARD}[Resource::{ARN}:bedrock:{arn}]",
                slices,
                "Flows choose among the models of a maker, which the environment lists.",
            )
