"""What alarms and dashboard look at."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_

from infra.aws.sweeping import Sweeping
from infra.aws.workflow import Workflow


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    functions: Mapping[str, lambda_.Function]
    workflow: Workflow
    http_stage: apigateway.HttpStage
    websocket_stage: apigateway.WebSocketStage
    websocket_faults: cloudwatch.Metric
    sweeping: Sweeping
