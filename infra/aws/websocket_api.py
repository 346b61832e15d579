"""The WebSocket API, with the routes of the route table.

The platform itself refuses a message of more than 128 KB and a frame of more than 32 KB; the stage throttles.
"""

from collections.abc import Mapping

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_apigateway as rest
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk.aws_apigatewayv2_integrations import WebSocketLambdaIntegration
from constructs import Construct

from functions.route_table import ANSWERED_ROUTES, ROUTE_SELECTION_EXPRESSION, WEBSOCKET_ROUTES
from infra.aws.access_logs import WEBSOCKET_FIELDS, AccessLog
from infra.aws.environments import Environment
from infra.aws.log_groups import LogGroups
from infra.aws.names import STAGE


class WebSocketApi(Construct):
    def __init__(self, scope: Construct, construct_id: str, environment: Environment) -> None:
        super().__init__(scope, construct_id)
        self.api = apigateway.WebSocketApi(
            self,
            "Api",
            api_name=environment.prefix,
            route_selection_expression=ROUTE_SELECTION_EXPRESSION,
        )

    @property
    def connections_endpoint(self) -> str:
        """Where messages to connections are posted."""
        stack = Stack.of(self)
        return f"https://{self.api.api_id}.execute-api.{stack.region}.{stack.url_suffix}/{STAGE}"

    def add_stage(self, environment: Environment, log_groups: LogGroups) -> apigateway.WebSocketStage:
        stage = apigateway.WebSocketStage(
            self,
            "Stage",
            web_socket_api=self.api,
            stage_name=STAGE,
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(
                rate_limit=environment.throttle.rate, burst_limit=environment.throttle.burst
            ),
            access_log_settings=AccessLog(log_groups.make(self, "Logs", "websocket-api"), WEBSOCKET_FIELDS),
        )
        stage.node.add_dependency(self._account())
        return stage

    def add_routes(self, functions: Mapping[str, lambda_.Function]) -> None:
        integrations = {
            name: WebSocketLambdaIntegration(name.capitalize(), functions[name])
            for name in sorted(set(WEBSOCKET_ROUTES.values()))
        }
        for key, name in WEBSOCKET_ROUTES.items():
            self.api.add_route(key, integration=integrations[name], return_response=key in ANSWERED_ROUTES)

    def _account(self) -> rest.CfnAccount:
        """WebSocket APIs log by a role of the whole account and region: it stays when this stack goes."""
        role = iam.Role(
            self,
            "LogRole",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name(
                    "service-role/AmazonAPIGatewayPushToCloudWatchLogs"
                )
            ],
        )
        account = rest.CfnAccount(self, "Account", cloud_watch_role_arn=role.role_arn)
        role.apply_removal_policy(RemovalPolicy.RETAIN)
        account.apply_removal_policy(RemovalPolicy.RETAIN)
        return account
