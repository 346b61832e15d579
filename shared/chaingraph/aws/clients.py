"""The AWS adapters of a function, made from its settings."""

from botocore.session import Session

from chaingraph.aws.connections import ConnectionPosts, connection_posts
from chaingraph.aws.lambda_entry import utc_now
from chaingraph.aws.signed_client import Credentials
from chaingraph.aws.workflows import StepFunctions, step_functions
from chaingraph.settings import Settings


def workflows_of(settings: Settings) -> StepFunctions:
    return step_functions(
        settings.state_machine_arn,
        endpoint=settings.workflow_endpoint,
        credentials=Credentials(Session()),
        now=utc_now,
    )


def posts_of(settings: Settings) -> ConnectionPosts:
    return connection_posts(settings.connections_endpoint, credentials=Credentials(Session()), now=utc_now)
