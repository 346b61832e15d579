"""What is replaced at every deployment: functions, APIs, workflow, relay, and who watches them."""

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infra.aws.alarms import Alarms, limits
from infra.aws.bundles import Bundles
from infra.aws.connection_settings import Addresses, relay_settings
from infra.aws.console import ConsoleHosting
from infra.aws.dashboard import add_dashboard
from infra.aws.data_stack import DataStack
from infra.aws.environments import Console, Environment, Firewall
from infra.aws.faults import count_faults
from infra.aws.firewall import SignInFirewall
from infra.aws.function import Ground
from infra.aws.functions import Functions, libraries
from infra.aws.grants import CLOSE, POST, Grants
from infra.aws.http_api import HttpApi
from infra.aws.log_groups import LogGroups
from infra.aws.names import STAGE, state_machine_arn
from infra.aws.relay import Relay
from infra.aws.service_parts import Parts
from infra.aws.sweeping import Sweeping
from infra.aws.websocket_api import WebSocketApi
from infra.aws.workflow import Workflow


class ServiceStack(Stack):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        data_stack: DataStack,
        bundles: Bundles,
    ) -> None:
        super().__init__(
            scope, construct_id, description=f"Functions, APIs and relay of {environment.prefix}"
        )
        self._environment = environment
        self._data_stack = data_stack
        self._log_groups = LogGroups(environment, data_stack.key)
        self._http = HttpApi(self, "Http", environment)
        self._websocket = WebSocketApi(self, "WebSocket", environment)
        key = data_stack.key
        self._grants = Grants(self, environment, self._websocket.api.api_id, key.key_arn if key else None)
        self._addresses = self._make_addresses()
        self._functions = self._make_functions(bundles)
        self._run_relay()
        self._watch(self._make_parts())
        self._add_console()
        self._add_firewall()
        self._tell()

    def _make_addresses(self) -> Addresses:
        database = self._data_stack.database
        return Addresses(
            database_host=database.host,
            functions_host=database.functions_host,
            state_machine_arn=state_machine_arn(self, self._environment),
            connections_endpoint=self._websocket.connections_endpoint,
            public_url=self._http.api.api_endpoint,
            identity=self._data_stack.identity,
        )

    def _make_functions(self, bundles: Bundles) -> Functions:
        ground = Ground(
            environment=self._environment,
            bundles=bundles,
            libraries=libraries(self, bundles.libraries.code(), self._environment),
            vpc=self._data_stack.network.vpc,
            log_groups=self._log_groups,
        )
        return Functions(self, "Functions", ground, self._addresses, self._data_stack, self._grants)

    def _run_relay(self) -> None:
        relay = Relay(self, "Relay", self._environment, self._data_stack.network, self._log_groups)
        statements = [self._grants.sign_in(), self._grants.connections((POST, CLOSE))]
        service = relay.run(relay_settings(self._environment, self._addresses), statements)
        service.node.add_dependency(self._functions.migrations)

    def _make_parts(self) -> Parts:
        """The routes, the workflow and the rules: whatever calls a function."""
        environment, functions = self._environment, self._functions.serving
        self._http.add_routes(functions["control"])
        self._websocket.add_routes(functions)
        sweeping = Sweeping(self, "Sweeping", environment, self._data_stack.key)
        sweeping.add_rules(functions["sweep"], self._addresses.state_machine_arn)
        return Parts(
            functions=functions,
            workflow=Workflow(self, "Workflow", environment, functions, self._log_groups),
            http_stage=self._http.add_stage(environment, self._log_groups),
            websocket_stage=self._websocket.add_stage(environment, self._log_groups),
            websocket_faults=count_faults(environment, functions),
            sweeping=sweeping,
        )

    def _watch(self, parts: Parts) -> None:
        environment, database = self._environment, self._data_stack.database
        wanted = limits(environment, parts, database)
        alarms = Alarms(self, "Alarms", environment, wanted, self._data_stack.key)
        add_dashboard(self, environment, parts, database, alarms.alarms)

    def _add_console(self) -> None:
        if self._environment.console is Console.HOSTED:
            console = ConsoleHosting(self, "Console")
            CfnOutput(self, "ConsoleBucket", value=console.bucket.bucket_name)
            CfnOutput(self, "ConsoleUrl", value=f"https://{console.distribution.domain_name}")

    def _add_firewall(self) -> None:
        pool = self._data_stack.identity.pool
        if self._environment.firewall is Firewall.SIGN_IN and pool is not None:
            SignInFirewall(self, "Firewall", pool.user_pool_arn)

    def _tell(self) -> None:
        CfnOutput(self, "HttpUrl", value=self._http.api.api_endpoint)
        CfnOutput(self, "WebSocketUrl", value=f"{self._websocket.api.api_endpoint}/{STAGE}")
