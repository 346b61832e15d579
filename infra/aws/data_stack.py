"""What outlives every deployment: network, database, users and key."""

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infra.aws.database import Database
from infra.aws.encryption import customer_key
from infra.aws.environments import Environment
from infra.aws.identity import identity
from infra.aws.log_groups import LogGroups
from infra.aws.network import Network


class DataStack(Stack):
    def __init__(self, scope: Construct, construct_id: str, environment: Environment) -> None:
        super().__init__(
            scope,
            construct_id,
            description=f"Network, database and users of {environment.prefix}",
            termination_protection=environment.is_kept,
        )
        self.key = customer_key(self, environment)
        self.network = Network(self, "Network", environment, LogGroups(environment, self.key))
        self.database = Database(self, "Database", environment, self.network, self.key)
        self.identity = identity(self, environment)
        CfnOutput(self, "Issuer", value=self.identity.issuer)
        CfnOutput(self, "Audience", value=self.identity.audience)
