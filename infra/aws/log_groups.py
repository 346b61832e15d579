"""Log groups: each with a retention, and with the customer's key where there is one."""

from typing import Final

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.aws.environments import Environment

RETENTION: Final = {
    7: logs.RetentionDays.ONE_WEEK,
    30: logs.RetentionDays.ONE_MONTH,
    90: logs.RetentionDays.THREE_MONTHS,
}


class LogGroups:
    """Makes the groups of one environment."""

    def __init__(self, environment: Environment, key: kms.IKey | None) -> None:
        self._environment = environment
        self._key = key

    def make(self, scope: Construct, construct_id: str, unit: str) -> logs.LogGroup:
        return logs.LogGroup(
            scope,
            construct_id,
            log_group_name=f"{log_prefix(self._environment)}/{unit}",
            retention=RETENTION[self._environment.log_days],
            encryption_key=self._key,
            removal_policy=_removal(self._environment),
        )


def log_prefix(environment: Environment) -> str:
    return f"/chaingraph/{environment.name}"


def _removal(environment: Environment) -> RemovalPolicy:
    """A deployment that failed leaves none: under the same name, the next one could not make it."""
    return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if environment.is_kept else RemovalPolicy.DESTROY
