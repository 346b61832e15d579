"""When the sweep runs: every minute, and when a workflow run has ended as it should not."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.aws.environments import Environment

# A run that succeeded has said all there is to say; the local interpreter reports the same ends.
REPORTED: Final = ("FAILED", "ABORTED", "TIMED_OUT")
ATTEMPTS: Final = 2


class Sweeping(Construct):
    """`undelivered`: what no attempt brought to the sweep. The next sweep finds the same by itself."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        key: kms.IKey | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.undelivered = sqs.Queue(
            self,
            "Undelivered",
            queue_name=f"{environment.prefix}-undelivered",
            encryption=sqs.QueueEncryption.KMS if key else sqs.QueueEncryption.SQS_MANAGED,
            encryption_master_key=key,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )

    def add_rules(self, sweep: lambda_.Function, state_machine_arn: str) -> None:
        target = targets.LambdaFunction(
            sweep,
            dead_letter_queue=self.undelivered,
            retry_attempts=ATTEMPTS,
            max_event_age=Duration.minutes(15),
        )
        events.Rule(
            self,
            "EveryMinute",
            description="What fell between two chairs",
            schedule=events.Schedule.rate(Duration.minutes(1)),
            targets=[target],
        )
        events.Rule(
            self,
            "WorkflowEnded",
            description="A workflow run ended before its execution did",
            event_pattern=_ended(state_machine_arn),
            targets=[target],
        )


def _ended(state_machine_arn: str) -> events.EventPattern:
    return events.EventPattern(
        source=["aws.states"],
        detail_type=["Step Functions Execution Status Change"],
        detail={"stateMachineArn": [state_machine_arn], "status": list(REPORTED)},
    )
