"""Names that are known before anything is made, so that two resources may name each other."""

from typing import Final

from aws_cdk import ArnFormat, Stack

from infra.aws.environments import Environment

DATABASE: Final = "chaingraph"
DATABASE_ROLE: Final = "chaingraph_service"
STAGE: Final = "v1"


def function_name(environment: Environment, unit: str) -> str:
    return f"{environment.prefix}-{unit.replace('_', '-')}"


def state_machine_arn(stack: Stack, environment: Environment) -> str:
    return stack.format_arn(
        service="states",
        resource="stateMachine",
        resource_name=environment.prefix,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


def database_user_arn(stack: Stack) -> str:
    """Of the role by its name, on whatever server: a restored database has another id and takes its place."""
    return stack.format_arn(
        service="rds-db",
        resource="dbuser",
        resource_name=f"*/{DATABASE_ROLE}",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
