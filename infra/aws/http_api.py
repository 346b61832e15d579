"""The HTTP API, with the routes of the route table."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from functions.route_table import CONTROL, HTTP_ROUTES
from infra.aws.access_logs import HTTP_FIELDS, AccessLog
from infra.aws.environments import Environment
from infra.aws.log_groups import LogGroups

ALLOWED_HEADERS: Final = ("authorization", "content-type", "idempotency-key", "if-match")
PREFLIGHT_MINUTES: Final = 10


class HttpApi(Construct):
    """Identity is checked by the function, as it is for the WebSocket: one place for both."""

    def __init__(self, scope: Construct, construct_id: str, environment: Environment) -> None:
        super().__init__(scope, construct_id)
        self.api = apigateway.HttpApi(
            self,
            "Api",
            api_name=environment.prefix,
            create_default_stage=False,
            cors_preflight=_cors(environment.allowed_origins),
        )

    def add_stage(self, environment: Environment, log_groups: LogGroups) -> apigateway.HttpStage:
        return apigateway.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(
                rate_limit=environment.throttle.rate, burst_limit=environment.throttle.burst
            ),
            access_log_settings=AccessLog(log_groups.make(self, "Logs", "http-api"), HTTP_FIELDS),
        )

    def add_routes(self, control: lambda_.Function) -> None:
        """One permission for the whole API: one for each route would be many of the same."""
        integration = HttpLambdaIntegration("Control", control, scope_permission_to_route=False)
        for route in HTTP_ROUTES:
            if route.function != CONTROL:
                raise ValueError(f"{route.key}: the HTTP API is the control function's")
            self.api.add_routes(
                path=route.path, methods=[apigateway.HttpMethod[route.method]], integration=integration
            )


def _cors(origins: tuple[str, ...]) -> apigateway.CorsPreflightOptions:
    return apigateway.CorsPreflightOptions(
        allow_origins=list(origins),
        allow_methods=[
            apigateway.CorsHttpMethod.GET,
            apigateway.CorsHttpMethod.POST,
            apigateway.CorsHttpMethod.PUT,
            apigateway.CorsHttpMethod.DELETE,
        ],
        allow_headers=list(ALLOWED_HEADERS),
        max_age=Duration.minutes(PREFLIGHT_MINUTES),
    )
