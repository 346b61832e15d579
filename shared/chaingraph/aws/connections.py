"""Messages to WebSocket connections, through @connections of API Gateway."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlsplit

from chaingraph.aws.answers import Answer, NoAnswer, NotSent
from chaingraph.aws.credentials import Credentials
from chaingraph.aws.signed_client import SignedClient
from chaingraph.aws.signing import Signer
from chaingraph.errors import Unavailable
from chaingraph.ids import ConnectionId
from chaingraph.interfaces import PostOutcome

NOT_SENT_DELAYS: Final = (0.05, 0.2, 0.8)
JSON: Final = {"content-type": "application/json"}

# An id that API Gateway does not accept as one is a bad request.
OUTCOMES: Final = {
    400: PostOutcome.GONE,
    410: PostOutcome.GONE,
    413: PostOutcome.TOO_LARGE,
    429: PostOutcome.THROTTLED,
}

Sleep = Callable[[float], Awaitable[None]]


class ConnectionPosts:
    """Implements `Posts`. Unavailable: nothing was sent, or it was refused for a reason that is ours."""

    def __init__(self, client: SignedClient, *, sleep: Sleep = asyncio.sleep) -> None:
        self._client = client
        self._sleep = sleep

    async def post(self, connection_id: ConnectionId, message: bytes) -> PostOutcome:
        try:
            answer = await self._request("POST", connection_id, message)
        except NoAnswer:
            return PostOutcome.UNKNOWN
        return _outcome(answer)

    async def close(self, connection_id: ConnectionId) -> None:
        answer = await self._request("DELETE", connection_id, b"")
        if not _is_success(answer) and OUTCOMES.get(answer.status) is not PostOutcome.GONE:
            raise Unavailable(f"the connection was not closed: {answer.status}")

    async def close_sessions(self) -> None:
        """At the end of the program."""
        await self._client.close()

    async def _request(self, method: str, connection_id: ConnectionId, body: bytes) -> Answer:
        path = f"/%40connections/{quote(connection_id, safe='')}"
        for delay in NOT_SENT_DELAYS:
            try:
                return await self._client.request(method, path, body, JSON)
            except NotSent:
                await self._sleep(delay)
        return await self._client.request(method, path, body, JSON)


def connection_posts(
    endpoint: str, *, credentials: Credentials, now: Callable[[], datetime]
) -> ConnectionPosts:
    """`endpoint` with the stage: `https://{api}.execute-api.{region}.amazonaws.com/{stage}`."""
    signer = Signer(service="execute-api", region=_region(endpoint))
    return ConnectionPosts(SignedClient(endpoint, signer=signer, credentials=credentials, now=now))


def _region(endpoint: str) -> str:
    """A host without a region in its name is not on AWS: any name will do there."""
    parts = (urlsplit(endpoint).hostname or "").split(".")
    return parts[2] if parts[1:2] == ["execute-api"] else "us-east-1"


def _outcome(answer: Answer) -> PostOutcome:
    """A failure of the server says nothing about the message; any other refusal: it was not delivered."""
    if _is_success(answer):
        return PostOutcome.POSTED
    if answer.status in OUTCOMES:
        return OUTCOMES[answer.status]
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return PostOutcome.UNKNOWN
    raise Unavailable(
        f"the message was refused: {answer.status} {answer.body[:200].decode(errors='replace')}"
    )


def _is_success(answer: Answer) -> bool:
    return HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
