"""What wakes somebody up. The runbook has a paragraph for each name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from infra.aws import observed
from infra.aws.database import Database
from infra.aws.environments import Environment, InstanceDatabase
from infra.aws.observed import FIVE_MINUTES, MAXIMUM, MINUTE, P99, SAMPLES, SUM
from infra.aws.service_parts import Parts

GIB: Final = 1024**3
ABOVE: Final = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
BELOW: Final = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD


@dataclass(frozen=True, slots=True)
class Limit:
    """An alarm: `periods` in a row on the wrong side of `threshold`."""

    name: str
    means: str
    metric: cloudwatch.IMetric
    threshold: float
    periods: int = 1
    comparison: cloudwatch.ComparisonOperator = ABOVE
    silence: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING


class Alarms(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        limits: list[Limit],
        key: kms.IKey | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(
            self, "Topic", topic_name=f"{environment.prefix}-alarms", master_key=key, enforce_ssl=True
        )
        self._admit_alarms()
        if environment.alarm_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(environment.alarm_email))
        self.alarms = [self._alarm(environment, limit) for limit in limits]

    def _admit_alarms(self) -> None:
        """A topic with a policy has lost the one by which everything in its account may publish."""
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )

    def _alarm(self, environment: Environment, limit: Limit) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            limit.name,
            alarm_name=f"{environment.prefix}-{limit.name}",
            alarm_description=f"{limit.means} Runbook: {limit.name}.",
            metric=limit.metric,
            threshold=limit.threshold,
            evaluation_periods=limit.periods,
            comparison_operator=limit.comparison,
            treat_missing_data=limit.silence,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        alarm.add_ok_action(actions.SnsAction(self.topic))
        return alarm


def limits(environment: Environment, parts: Parts, database: Database) -> list[Limit]:
    return [
        *_of_executions(environment),
        *_of_workflow(parts.workflow.state_machine),
        *_of_relay(environment),
        *_of_requests(parts),
        *_of_sweep(parts.sweeping.undelivered, parts),
        *_of_database(environment, database),
    ]


def _of_executions(environment: Environment) -> list[Limit]:
    died = observed.metric(environment, observed.DEAD_SLICES, SUM, FIVE_MINUTES)
    restarted = observed.metric(environment, observed.RESTARTED, SUM, FIVE_MINUTES)
    oldest = observed.metric(environment, observed.QUEUE_AGE, MAXIMUM)
    commits = observed.metric(environment, observed.COMMIT_LATENCY, P99, FIVE_MINUTES)
    return [
        Limit("slices-failed", "Slices of the engine died for good.", died, 1),
        Limit("executions-stuck", "The sweep restarts executions again and again.", restarted, 1, periods=3),
        Limit("queue-waiting", "Executions wait for a slot for over five minutes.", oldest, 300_000, 5),
        Limit("commits-slow", "One commit in a hundred takes a second.", commits, 1000, periods=3),
    ]


def _of_workflow(machine: stepfunctions.StateMachine) -> list[Limit]:
    lost = _together(
        {
            "failed": machine.metric_failed(statistic=SUM),
            "aborted": machine.metric_aborted(statistic=SUM),
            "timed": machine.metric_timed_out(statistic=SUM),
        }
    )
    refused = machine.metric_throttled(statistic=SUM, period=FIVE_MINUTES)
    return [
        Limit("workflows-lost", "Workflow runs ended before their executions.", lost, 1),
        Limit("workflows-throttled", "Step Functions throttles state transitions.", refused, 1),
    ]


def _of_relay(environment: Environment) -> list[Limit]:
    """The active relay counts its subscriptions every few seconds, also where there are none."""
    active = observed.metric(environment, observed.SUBSCRIPTIONS, SAMPLES)
    backlog = observed.metric(environment, observed.RELAY_BACKLOG, MAXIMUM)
    throttled = observed.metric(environment, observed.THROTTLED_POSTS, SUM, FIVE_MINUTES)
    unknown = observed.metric(environment, observed.UNKNOWN_POSTS, SUM, FIVE_MINUTES)
    missing = cloudwatch.TreatMissingData.BREACHING
    return [
        Limit("relay-missing", "No relay is active: nobody sees events.", active, 1, 3, BELOW, missing),
        Limit("relay-lag", "Events wait for more than five seconds in the relay.", backlog, 5000, periods=3),
        Limit("posts-throttled", "API Gateway refuses messages to connections.", throttled, 5),
        Limit("posts-unknown", "API Gateway does not say what became of messages.", unknown, 20),
    ]


def _of_requests(parts: Parts) -> list[Limit]:
    http = parts.http_stage.metric_server_error(statistic=SUM, period=FIVE_MINUTES)
    websocket = _together(
        {
            "faults": parts.websocket_faults,
            "unanswered": parts.websocket_stage.metric("ExecutionError", statistic=SUM),
        }
    )
    throttles = _together(
        {name: function.metric_throttles(statistic=SUM) for name, function in parts.functions.items()}
    )
    return [
        Limit("http-errors", "HTTP requests met faults of ours.", http, 5),
        Limit("websocket-errors", "WebSocket messages met faults of ours.", websocket, 5),
        Limit("functions-throttled", "The account's concurrency is used up.", throttles, 1),
    ]


def _together(terms: Mapping[str, cloudwatch.IMetric]) -> cloudwatch.MathExpression:
    """A term without a value, as of a function that nobody has called, counts as nothing."""
    filled = ", ".join(f"FILL({name}, 0)" for name in terms)
    return cloudwatch.MathExpression(
        expression=f"SUM([{filled}])", using_metrics=dict(terms), period=FIVE_MINUTES
    )


def _of_sweep(undelivered: sqs.Queue, parts: Parts) -> list[Limit]:
    waiting = undelivered.metric_approximate_number_of_messages_visible(statistic=MAXIMUM, period=MINUTE)
    errors = parts.functions["sweep"].metric_errors(statistic=SUM, period=FIVE_MINUTES)
    return [
        Limit("sweep-undelivered", "News for the sweep did not reach it.", waiting, 1),
        Limit("sweep-failed", "The sweep fails.", errors, 1, periods=3),
    ]


def _of_database(environment: Environment, database: Database) -> list[Limit]:
    most = 0.8 * environment.database.sessions
    sessions = database.metric("DatabaseConnections", MAXIMUM)
    busy = database.metric("CPUUtilization", "Average")
    return [
        Limit("database-connections", "Four fifths of the database's sessions are taken.", sessions, most, 3),
        Limit("database-busy", "The database has no processor time left.", busy, 85, periods=10),
        _of_room(environment, database),
    ]


def _of_room(environment: Environment, database: Database) -> Limit:
    if isinstance(environment.database, InstanceDatabase):
        free = database.metric("FreeStorageSpace", "Minimum")
        return Limit("database-full", "The database's disk is nearly full.", free, 4 * GIB, 3, BELOW)
    used = database.metric("ACUUtilization", "Average")
    return Limit("database-full", "The database is as large as it may grow.", used, 90, periods=10)
