"""The two stacks of an environment."""

from dataclasses import dataclass
from typing import Final

from aws_cdk import App, Tags

from infra.aws.bundles import Bundles
from infra.aws.data_stack import DataStack
from infra.aws.environments import Environment
from infra.aws.service_stack import ServiceStack

# CloudFormation refuses tags on it, whatever the CDK thinks.
UNTAGGABLE: Final = ("AWS::RDS::DBProxyTargetGroup",)


@dataclass(frozen=True, slots=True)
class System:
    data_stack: DataStack
    service_stack: ServiceStack


def add_system(app: App, environment: Environment, bundles: Bundles) -> System:
    """Every resource bears the tags by which costs are told apart."""
    data_stack = DataStack(app, f"{environment.prefix}-data", environment)
    service_stack = ServiceStack(app, f"{environment.prefix}-service", environment, data_stack, bundles)
    for name, value in (("application", "chaingraph"), ("environment", environment.name)):
        Tags.of(app).add(name, value, exclude_resource_types=list(UNTAGGABLE))
    return System(data_stack, service_stack)
