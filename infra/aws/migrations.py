"""The migrations: a custom resource that is updated before any function that needs them."""

import hashlib
from pathlib import Path
from typing import Final

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

POSTGRES: Final = Path(__file__).parents[2] / "shared" / "chaingraph" / "postgres"
# The function that applies the migrations renews the grants of the role, too.
APPLIED: Final = (*sorted((POSTGRES / "migrations").glob("*.sql")), POSTGRES / "service_role.py")


def run_migrations(scope: Construct, function: lambda_.Function) -> CustomResource:
    """CloudFormation calls the function whenever one was added or a grant has changed, and waits for it."""
    return CustomResource(
        scope,
        "Migrations",
        resource_type="Custom::Migrations",
        service_token=function.function_arn,
        service_timeout=Duration.minutes(15),
        properties={"Digest": migrations_digest()},
    )


def migrations_digest() -> str:
    digest = hashlib.sha256()
    for path in APPLIED:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
