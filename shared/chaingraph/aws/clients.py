"""The AWS adapters of a function, made from its settings."""

import os
from collections.abc import Awaitable, Callable

from chaingraph.aws.connections import ConnectionPosts, connection_posts
from chaingraph.aws.database_passwords import RoleTokens, stored_password
from chaingraph.aws.environment_credentials import EnvironmentCredentials
from chaingraph.aws.lambda_entry import utc_now
from chaingraph.aws.workflows import StepFunctions, step_functions
from chaingraph.settings import Settings


def workflows_of(settings: Settings) -> StepFunctions:
    return step_functions(
        settings.state_machine_arn,
        endpoint=settings.workflow_endpoint,
        credentials=EnvironmentCredentials(os.environ),
        now=utc_now,
    )


def posts_of(settings: Settings) -> ConnectionPosts:
    return connection_posts(
        settings.connections_endpoint, credentials=EnvironmentCredentials(os.environ), now=utc_now
    )


def database_password_of(settings: Settings) -> Callable[[], Awaitable[str]] | None:
    """None: the URL has it, or needs none."""
    if settings.database_secret_arn:
        return stored_password(
            settings.database_secret_arn, credentials=EnvironmentCredentials(os.environ), now=utc_now
        ).password
    if settings.database_iam_region:
        return RoleTokens(
            settings.database_url,
            region=settings.database_iam_region,
            credentials=EnvironmentCredentials(os.environ),
            now=utc_now,
        ).password
    return None
