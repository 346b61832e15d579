"""The network: who may talk to whom. No security group lets anybody in from outside."""

from dataclasses import dataclass
from typing import Final

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.aws.environments import DatabasePath, Environment, NatGateways, NatInstance
from infra.aws.log_groups import LogGroups

POSTGRES: Final = 5432
HTTPS: Final = 443
ZONES: Final = 2
ADDRESSES: Final = "10.0.0.0/16"
PUBLIC: Final = "public"
PRIVATE: Final = "private"
ISOLATED: Final = "isolated"
SWAP: Final = (
    "dd if=/dev/zero of=/swap bs=1M count=512",
    "chmod 600 /swap",
    "mkswap /swap",
    "swapon /swap",
)


@dataclass(frozen=True, slots=True)
class SecurityGroups:
    """All in one stack with the rules between them: a rule across two stacks would tie each to the other."""

    functions: ec2.SecurityGroup
    migrations: ec2.SecurityGroup
    relay: ec2.SecurityGroup
    proxy: ec2.SecurityGroup
    database: ec2.SecurityGroup


class Network(Construct):
    """Public subnets for relay and way out, private ones for functions, isolated ones for databases."""

    def __init__(
        self, scope: Construct, construct_id: str, environment: Environment, log_groups: LogGroups
    ) -> None:
        super().__init__(scope, construct_id)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(ADDRESSES),
            max_azs=ZONES,
            subnet_configuration=_subnets(),
            nat_gateways=_nat_count(environment.nat),
            nat_gateway_provider=self._nat_provider(environment.nat),
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)
            },
        )
        self._admit_to_nat_instance()
        self._log_refused(log_groups.make(self, "FlowLog", "network"))
        self.groups = self._groups()
        self._admit(environment.database_path)

    def _nat_provider(self, nat: NatInstance | NatGateways) -> ec2.NatProvider:
        match nat:
            case NatInstance(instance_type=instance_type):
                self._nat_instance: ec2.NatInstanceProviderV2 | None = ec2.NatProvider.instance_v2(
                    instance_type=ec2.InstanceType(instance_type),
                    machine_image=ec2.MachineImage.latest_amazon_linux2023(
                        cpu_type=ec2.AmazonLinuxCpuType.ARM_64
                    ),
                    default_allowed_traffic=ec2.NatTrafficDirection.OUTBOUND_ONLY,
                    user_data=_first_commands(),
                )
                return self._nat_instance
            case NatGateways():
                self._nat_instance = None
                return ec2.NatProvider.gateway()

    def _admit_to_nat_instance(self) -> None:
        if self._nat_instance is not None:
            everyone_here = ec2.Peer.ipv4(ADDRESSES)
            self._nat_instance.connections.allow_from(
                everyone_here, ec2.Port.all_traffic(), "what leaves the network"
            )

    def _log_refused(self, log_group: logs.LogGroup) -> None:
        """What was refused is of interest; what was accepted would cost more than all else."""
        self.vpc.add_flow_log(
            "Refused",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(log_group),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )

    def _groups(self) -> SecurityGroups:
        return SecurityGroups(
            functions=self._group("Functions", "functions; their nodes call any address"),
            migrations=self._group("Migrations", "migrations; always go to the database itself"),
            relay=self._group("Relay", "relay; calls the connections API and the database"),
            proxy=self._closed_group("Proxy", "database proxy"),
            database=self._closed_group("Database", "database"),
        )

    def _admit(self, path: DatabasePath) -> None:
        groups, port = self.groups, ec2.Port.tcp(POSTGRES)
        groups.database.add_ingress_rule(groups.migrations, port, "migrations")
        groups.database.add_ingress_rule(groups.relay, port, "relay")
        match path:
            case DatabasePath.DIRECT:
                groups.database.add_ingress_rule(groups.functions, port, "functions")
            case DatabasePath.PROXY:
                groups.database.add_ingress_rule(groups.proxy, port, "proxy")
                groups.proxy.add_ingress_rule(groups.functions, port, "functions")
                groups.proxy.add_egress_rule(groups.database, port, "database")

    def _group(self, construct_id: str, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            self, construct_id, vpc=self.vpc, description=description, allow_all_outbound=True
        )

    def _closed_group(self, construct_id: str, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            self, construct_id, vpc=self.vpc, description=description, allow_all_outbound=False
        )


def _subnets() -> list[ec2.SubnetConfiguration]:
    kinds = {
        PUBLIC: ec2.SubnetType.PUBLIC,
        PRIVATE: ec2.SubnetType.PRIVATE_WITH_EGRESS,
        ISOLATED: ec2.SubnetType.PRIVATE_ISOLATED,
    }
    return [
        ec2.SubnetConfiguration(name=name, subnet_type=kind, cidr_mask=22) for name, kind in kinds.items()
    ]


def _first_commands() -> ec2.UserData:
    """The CDK's, of which the first installs: half a GiB is little for that, and others install then, too."""
    install, *configure = ec2.NatInstanceProviderV2.DEFAULT_USER_DATA_COMMANDS
    commands = ec2.UserData.for_linux()
    commands.add_commands(*SWAP, f"until {install}; do sleep 5; done", *configure)
    return commands


def _nat_count(nat: NatInstance | NatGateways) -> int:
    return nat.count if isinstance(nat, NatGateways) else 1
