"""Cross-origin requests, answered by the gateway as API Gateway does when CORS is configured."""

from typing import Final

from infra.local.gateway.messages import Answer, Headers, Request

ANY: Final = "*"
ALLOWED_METHODS: Final = "GET,POST,PUT,DELETE,OPTIONS"
ALLOWED_HEADERS: Final = "authorization,content-type,idempotency-key,if-match"
MAX_AGE_SECONDS: Final = "600"


class Cors:
    def __init__(self, origins: tuple[str, ...]) -> None:
        self._origins = origins

    def preflight(self, request: Request) -> Answer | None:
        """The answer to a preflight request; None for any other request."""
        if request.method != "OPTIONS" or request.header("access-control-request-method") is None:
            return None
        allowed = self._origin_headers(request)
        if not allowed:
            return Answer(204)
        return Answer(
            204,
            (
                *allowed,
                ("access-control-allow-methods", ALLOWED_METHODS),
                ("access-control-allow-headers", ALLOWED_HEADERS),
                ("access-control-max-age", MAX_AGE_SECONDS),
            ),
        )

    def allow(self, request: Request, answer: Answer) -> Answer:
        """What the function itself says about origins is dropped."""
        own = tuple(header for header in answer.headers if not header[0].startswith("access-control-"))
        return Answer(answer.status, own + self._origin_headers(request), answer.body)

    def _origin_headers(self, request: Request) -> Headers:
        origin = request.header("origin")
        if origin is None:
            return ()
        if ANY in self._origins:
            return (("access-control-allow-origin", ANY),)
        if origin in self._origins:
            return (("access-control-allow-origin", origin), ("vary", "origin"))
        return ()
