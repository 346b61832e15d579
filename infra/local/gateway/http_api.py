"""The HTTP API: requests given to functions by method and path, with CORS."""

import logging
from collections.abc import Sequence

from functions.route_table import HttpRoute
from infra.local.gateway.cors import Cors
from infra.local.gateway.integration import IntegrationTimedOut, Invokes, integrate
from infra.local.gateway.messages import Answer, Request, message_answer
from infra.local.gateway.payloads import Stamp, http_payload, new_stamp
from infra.local.gateway.responses import Malformed, http_answer
from infra.local.gateway.routing import HttpRoutes, Match
from infra.local.gateway.settings import GatewaySettings
from infra.local.workers.failures import FunctionFailed

log = logging.getLogger(__name__)


class HttpApi:
    def __init__(self, settings: GatewaySettings, functions: Invokes, routes: Sequence[HttpRoute]) -> None:
        self._settings = settings
        self._functions = functions
        self._routes = HttpRoutes(routes)
        self._cors = Cors(settings.cors_origins)

    async def answer(self, request: Request) -> Answer:
        if (preflight := self._cors.preflight(request)) is not None:
            return preflight
        stamp = new_stamp()
        answer = await self._routed(request, stamp)
        return self._cors.allow(request, answer.with_headers((("apigw-requestid", stamp.request_id),)))

    async def _routed(self, request: Request, stamp: Stamp) -> Answer:
        if len(request.body) > self._settings.max_body_bytes:
            return message_answer(413, "Request Entity Too Large")
        match = self._routes.match(request.method, request.path)
        if match is None:
            return message_answer(404, "Not Found")
        return await self._integrated(request, match, stamp)

    async def _integrated(self, request: Request, match: Match, stamp: Stamp) -> Answer:
        seconds = self._settings.integration_timeout_seconds
        payload = http_payload(request, match, stamp)
        try:
            return http_answer(await integrate(self._functions, match.route.function, payload, seconds))
        except IntegrationTimedOut:
            log.warning("a request timed out", extra={"route": match.route.key})
            return message_answer(504, "Endpoint request timed out")
        except (FunctionFailed, Malformed) as error:
            log.warning("a request was not answered", extra={"route": match.route.key, "error": str(error)})
            return failed(error)


def failed(error: FunctionFailed | Malformed) -> Answer:
    """A body may pass the gateway and still be over the limit of the function's payload."""
    if isinstance(error, FunctionFailed) and error.error_type == "Lambda.RequestTooLargeException":
        return message_answer(413, "Request Entity Too Large")
    return message_answer(500, "Internal Server Error")
