"""Every function of an environment, and the migrations before those that serve."""

from collections.abc import Mapping

from aws_cdk import CustomResource, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.aws.connection_settings import Addresses, function_settings, migration_settings
from infra.aws.data_stack import DataStack
from infra.aws.environments import Environment
from infra.aws.function import Ground, ServerlessFunction, Wiring
from infra.aws.grants import Grants, decrypt, read_secret
from infra.aws.migrations import run_migrations
from infra.aws.units import MIGRATE_DATABASE, units


class Functions(Construct):
    """`serving` by name; they are switched when `migrations` have been applied."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        ground: Ground,
        addresses: Addresses,
        data_stack: DataStack,
        grants: Grants,
    ) -> None:
        super().__init__(scope, construct_id)
        self._ground = ground
        self._data_stack = data_stack
        self.migrations = self._migrations(addresses)
        self._made = self._serving(function_settings(ground.environment, addresses), grants)
        for made in self._made.values():
            made.function.node.add_dependency(self.migrations)

    @property
    def serving(self) -> Mapping[str, lambda_.Function]:
        return {name: made.function for name, made in self._made.items()}

    def _serving(self, settings: Mapping[str, str], grants: Grants) -> dict[str, ServerlessFunction]:
        group = self._data_stack.network.groups.functions
        return {
            unit.name: ServerlessFunction(
                self,
                _title(unit.name),
                unit,
                self._ground,
                Wiring(settings=settings, statements=grants.of(unit.name), security_group=group),
            )
            for unit in units(self._ground.environment).values()
        }

    def _migrations(self, addresses: Addresses) -> CustomResource:
        secret_arn = self._data_stack.database.administrator_arn
        statements = [read_secret(secret_arn)]
        if self._data_stack.key is not None:
            statements.append(decrypt(self._data_stack.key.key_arn, Stack.of(self)))
        wiring = Wiring(
            settings=migration_settings(addresses, secret_arn),
            statements=statements,
            security_group=self._data_stack.network.groups.migrations,
        )
        made = ServerlessFunction(self, "MigrateDatabase", MIGRATE_DATABASE, self._ground, wiring)
        return run_migrations(self, made.function)


def libraries(
    scope: Construct, ground_bundles: lambda_.Code, environment: Environment
) -> lambda_.LayerVersion:
    return lambda_.LayerVersion(
        scope,
        "Libraries",
        layer_version_name=environment.prefix,
        code=ground_bundles,
        compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
        compatible_architectures=[lambda_.Architecture.ARM_64],
    )


def _title(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
