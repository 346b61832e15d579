"""One line for each request of an API: never its query, which may hold a token."""

import json
from collections.abc import Mapping
from typing import Final

import jsii
from aws_cdk import aws_apigateway as formats
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_logs as logs

HTTP_FIELDS: Final = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "route": "$context.routeKey",
    "status": "$context.status",
    "latencyMs": "$context.responseLatency",
    "bytes": "$context.responseLength",
    "address": "$context.identity.sourceIp",
    "error": "$context.integrationErrorMessage",
}
WEBSOCKET_FIELDS: Final = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "event": "$context.eventType",
    "route": "$context.routeKey",
    "connectionId": "$context.connectionId",
    "status": "$context.status",
    "latencyMs": "$context.integrationLatency",
    "address": "$context.identity.sourceIp",
    "error": "$context.integrationErrorMessage",
}


@jsii.implements(apigateway.IAccessLogSettings)
class AccessLog:
    def __init__(self, log_group: logs.LogGroup, fields: Mapping[str, str]) -> None:
        self._log_group = log_group
        self._fields = fields

    @property
    def destination(self) -> apigateway.IAccessLogDestination:
        return apigateway.LogGroupLogDestination(self._log_group)

    @property
    def format(self) -> formats.AccessLogFormat:
        return formats.AccessLogFormat.custom(json.dumps(self._fields))
