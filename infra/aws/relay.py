"""The relay: a Fargate service in public subnets, which lets nobody in and keeps nothing."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from aws_cdk import Duration, IgnoreMode
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr_assets as assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.aws.environments import Environment, Insights
from infra.aws.log_groups import LogGroups
from infra.aws.network import PUBLIC, Network

ROOT: Final = Path(__file__).parents[2]
DOCKERFILE: Final = "functions/relay/Dockerfile"
# What the image is made of; a change of anything else makes no new one.
INGREDIENTS: Final = (
    "pyproject.toml",
    "uv.lock",
    "functions/__init__.py",
    "functions/relay",
    "infra/aws/database_authorities.pem",
    "shared/chaingraph",
)
HEALTH_PORT: Final = 8080
# Longer than each stage of a hand-over together; Fargate allows 120 seconds.
DRAIN_SECONDS: Final = 90


class Relay(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        network: Network,
        log_groups: LogGroups,
    ) -> None:
        super().__init__(scope, construct_id)
        self._environment = environment
        self._network = network
        self.log_group = log_groups.make(self, "Logs", "relay")

    def run(
        self, settings: Mapping[str, str], statements: Iterable[iam.PolicyStatement]
    ) -> ecs.FargateService:
        """A new task is healthy before an old one is asked to hand over and leave."""
        cluster = ecs.Cluster(
            self,
            "Cluster",
            vpc=self._network.vpc,
            container_insights_v2=_insights(self._environment.insights),
        )
        return ecs.FargateService(
            self,
            "Service",
            cluster=cluster,
            task_definition=self._task(settings, statements),
            desired_count=self._environment.relay.tasks,
            min_healthy_percent=100,
            max_healthy_percent=200,
            circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
            availability_zone_rebalancing=ecs.AvailabilityZoneRebalancing.ENABLED,
            assign_public_ip=True,
            vpc_subnets=ec2.SubnetSelection(subnet_group_name=PUBLIC),
            security_groups=[self._network.groups.relay],
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
        )

    def _task(
        self, settings: Mapping[str, str], statements: Iterable[iam.PolicyStatement]
    ) -> ecs.FargateTaskDefinition:
        task = ecs.FargateTaskDefinition(
            self,
            "Task",
            family=f"{self._environment.prefix}-relay",
            cpu=self._environment.relay.cpu,
            memory_limit_mib=self._environment.relay.memory_mib,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=ecs.CpuArchitecture.ARM64,
                operating_system_family=ecs.OperatingSystemFamily.LINUX,
            ),
        )
        for statement in statements:
            task.add_to_task_role_policy(statement)
        self._add_container(task, settings)
        return task

    def _add_container(self, task: ecs.FargateTaskDefinition, settings: Mapping[str, str]) -> None:
        task.add_container(
            "relay",
            image=_image(),
            environment={**settings, "RELAY_HEALTH_PORT": str(HEALTH_PORT)},
            health_check=ecs.HealthCheck(
                command=["CMD", "python", "-m", "functions.relay.check", str(HEALTH_PORT)],
                interval=Duration.seconds(10),
                timeout=Duration.seconds(3),
                start_period=Duration.seconds(20),
                retries=3,
            ),
            logging=ecs.LogDrivers.aws_logs(stream_prefix="relay", log_group=self.log_group),
            readonly_root_filesystem=True,
            stop_timeout=Duration.seconds(DRAIN_SECONDS),
        )


def _insights(insights: Insights) -> ecs.ContainerInsights:
    match insights:
        case Insights.NONE:
            return ecs.ContainerInsights.DISABLED
        case Insights.OF_TASKS:
            return ecs.ContainerInsights.ENABLED


def _image() -> ecs.ContainerImage:
    return ecs.ContainerImage.from_asset(
        str(ROOT),
        file=DOCKERFILE,
        platform=assets.Platform.LINUX_ARM64,
        ignore_mode=IgnoreMode.DOCKER,
        exclude=["**", *(f"!{path}" for path in INGREDIENTS), "**/__pycache__"],
    )
