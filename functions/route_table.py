"""Which function answers which route: read by the CDK app and by the local gateway."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

CONTROL: Final = "control"
SUBSCRIPTION: Final = "subscription"

ROUTE_SELECTION_EXPRESSION: Final = "$request.body.method"

WEBSOCKET_ROUTES: Final[Mapping[str, str]] = {
    "$connect": SUBSCRIPTION,
    "$disconnect": SUBSCRIPTION,
    "connectionParams": SUBSCRIPTION,
    "subscription": SUBSCRIPTION,
    "subscription.stop": SUBSCRIPTION,
    "mutation": CONTROL,
    "query": CONTROL,
    "$default": CONTROL,
}

# Those with a route response: each message to one of them has one answer. The others post what is to be said.
ANSWERED_ROUTES: Final = frozenset({"mutation", "query"})


@dataclass(frozen=True, slots=True)
class HttpRoute:
    """`path` is a template of API Gateway: a segment `{name}` matches any one segment."""

    method: str
    path: str
    function: str

    @property
    def key(self) -> str:
        """The route key of API Gateway, such as `GET /v1/flows/{flowId}`."""
        return f"{self.method} {self.path}"


HTTP_ROUTES: Final[tuple[HttpRoute, ...]] = tuple(
    HttpRoute(method, path, CONTROL)
    for method, path in (
        ("GET", "/health"),
        ("GET", "/openapi.json"),
        ("GET", "/v1/node-types"),
        ("POST", "/v1/flows"),
        ("GET", "/v1/flows"),
        ("GET", "/v1/flows/{flowId}"),
        ("PUT", "/v1/flows/{flowId}"),
        ("DELETE", "/v1/flows/{flowId}"),
        ("GET", "/v1/flows/{flowId}/executions"),
        ("POST", "/v1/executions"),
        ("GET", "/v1/executions"),
        ("GET", "/v1/executions/{executionId}"),
        ("GET", "/v1/executions/{executionId}/tree"),
        ("GET", "/v1/executions/{executionId}/events"),
        ("POST", "/v1/executions/{executionId}/start"),
        ("POST", "/v1/executions/{executionId}/stop"),
        ("POST", "/v1/executions/{executionId}/pause"),
        ("POST", "/v1/executions/{executionId}/resume"),
        ("POST", "/v1/executions/{executionId}/step"),
        ("GET", "/v1/executions/{executionId}/debugger"),
        ("PUT", "/v1/executions/{executionId}/breakpoints/{nodeId}"),
        ("DELETE", "/v1/executions/{executionId}/breakpoints/{nodeId}"),
        ("POST", "/v1/callbacks/{token}"),
    )
)
