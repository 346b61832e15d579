"""PostgreSQL: an instance or a serverless cluster, and the proxy in front of it for functions."""

from typing import Any, Final

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds
from constructs import Construct

from infra.aws.environments import DatabasePath, Environment, InstanceDatabase, ServerlessDatabase
from infra.aws.names import DATABASE, database_user_arn
from infra.aws.network import ISOLATED, PRIVATE, Network

INSTANCE_ENGINE: Final = rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.VER_17_9)
CLUSTER_ENGINE: Final = rds.DatabaseClusterEngine.aurora_postgres(
    version=rds.AuroraPostgresEngineVersion.VER_17_9
)
AUTHORITY: Final = rds.CaCertificate.RDS_CA_RSA2048_G1
PARAMETERS: Final = {
    "rds.force_ssl": "1",
    "log_lock_waits": "1",
    "log_min_duration_statement": "1000",
    # Sessions of frozen functions do not come back to say goodbye.
    "idle_session_timeout": "600000",
    "idle_in_transaction_session_timeout": "60000",
}

# Of the server's sessions; relays and migrations sign in to the server itself.
PROXY_PERCENT: Final = 90


class Database(Construct):
    """`host`: where the server is; `functions_host`: where functions go, which may be the proxy."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        network: Network,
        key: kms.IKey | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._environment = environment
        self._network = network
        self._key = key
        self.server = self._server()
        self.proxy = self._proxy() if environment.database_path is DatabasePath.PROXY else None
        self.host = _host(self.server)
        self.functions_host = self.proxy.endpoint if self.proxy else self.host

    @property
    def administrator_arn(self) -> str:
        """Of the password that RDS made and rotates. A server that was restored has another one than ours."""
        if self._environment.administrator_secret:
            return self._environment.administrator_secret
        if self.server.secret is None:
            raise ValueError("the server manages no password")
        return self.server.secret.secret_arn

    def metric(self, name: str, statistic: str) -> cloudwatch.Metric:
        return self.server.metric(name, statistic=statistic, period=Duration.minutes(1))

    def _server(self) -> rds.DatabaseInstance | rds.DatabaseCluster:
        match self._environment.database:
            case InstanceDatabase() as size:
                return self._instance(size)
            case ServerlessDatabase() as size:
                return self._cluster(size)

    def _instance(self, size: InstanceDatabase) -> rds.DatabaseInstance:
        return rds.DatabaseInstance(
            self,
            "Instance",
            engine=INSTANCE_ENGINE,
            instance_identifier=self._environment.prefix,
            instance_type=ec2.InstanceType(size.instance_type),
            multi_az=size.zones > 1,
            database_name=DATABASE,
            publicly_accessible=False,
            allocated_storage=size.storage_gib,
            max_allocated_storage=size.most_storage_gib,
            storage_type=rds.StorageType.GP3,
            backup_retention=Duration.days(self._environment.backup_days),
            ca_certificate=AUTHORITY,
            **self._safe(),
            **self._placed(),
        )

    def _cluster(self, size: ServerlessDatabase) -> rds.DatabaseCluster:
        return rds.DatabaseCluster(
            self,
            "Cluster",
            engine=CLUSTER_ENGINE,
            cluster_identifier=self._environment.prefix,
            serverless_v2_min_capacity=size.least_units,
            serverless_v2_max_capacity=size.most_units,
            writer=_serverless("Writer"),
            readers=[_standby(f"Reader{number}") for number in range(1, size.readers + 1)],
            default_database_name=DATABASE,
            backup=rds.BackupProps(retention=Duration.days(self._environment.backup_days)),
            **self._safe(),
            **self._placed(),
        )

    def _safe(self) -> dict[str, Any]:
        return {
            "credentials": rds.Credentials.from_username("postgres", encryption_key=self._key),
            "manage_master_user_password": True,
            "iam_authentication": True,
            "storage_encrypted": True,
            "storage_encryption_key": self._key,
            "parameters": PARAMETERS,
            "copy_tags_to_snapshot": True,
            "deletion_protection": self._environment.is_kept,
            "removal_policy": _removal(self._environment),
        }

    def _placed(self) -> dict[str, Any]:
        return {
            "vpc": self._network.vpc,
            "vpc_subnets": ec2.SubnetSelection(subnet_group_name=ISOLATED),
            "security_groups": [self._network.groups.database],
        }

    def _proxy(self) -> rds.DatabaseProxy:
        """It, too, signs in with tokens of its role: there is no password to hand it."""
        return rds.DatabaseProxy(
            self,
            "Proxy",
            proxy_target=_target(self.server),
            default_auth_scheme=rds.DefaultAuthScheme.IAM_AUTH,
            db_proxy_name=self._environment.prefix,
            role=self._proxy_role(),
            require_tls=True,
            idle_client_timeout=Duration.minutes(10),
            max_connections_percent=PROXY_PERCENT,
            vpc=self._network.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_group_name=PRIVATE),
            security_groups=[self._network.groups.proxy],
        )

    def _proxy_role(self) -> iam.Role:
        sign_in = iam.PolicyStatement(
            actions=["rds-db:connect"], resources=[database_user_arn(Stack.of(self))]
        )
        return iam.Role(
            self,
            "ProxyRole",
            assumed_by=iam.ServicePrincipal("rds.amazonaws.com"),
            inline_policies={"SignIn": iam.PolicyDocument(statements=[sign_in])},
        )


def _serverless(name: str) -> rds.IClusterInstance:
    return rds.ClusterInstance.serverless_v2(name, ca_certificate=AUTHORITY, publicly_accessible=False)


def _standby(name: str) -> rds.IClusterInstance:
    """As large as the writer at any time: nobody reads there, it takes over."""
    return rds.ClusterInstance.serverless_v2(
        name, ca_certificate=AUTHORITY, publicly_accessible=False, scale_with_writer=True
    )


def _target(server: rds.DatabaseInstance | rds.DatabaseCluster) -> rds.ProxyTarget:
    if isinstance(server, rds.DatabaseCluster):
        return rds.ProxyTarget.from_cluster(server)
    return rds.ProxyTarget.from_instance(server)


def _host(server: rds.DatabaseInstance | rds.DatabaseCluster) -> str:
    if isinstance(server, rds.DatabaseCluster):
        return server.cluster_endpoint.hostname
    return server.db_instance_endpoint_address


def _removal(environment: Environment) -> RemovalPolicy:
    return RemovalPolicy.RETAIN if environment.is_kept else RemovalPolicy.SNAPSHOT
