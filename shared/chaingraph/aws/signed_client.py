"""Signed HTTP requests to one AWS endpoint, over kept connections."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from chaingraph.aws.answers import Answer
from chaingraph.aws.credentials import Credentials
from chaingraph.aws.signing import Signer, Unsigned

if TYPE_CHECKING:
    from chaingraph.aws.http_session import HttpSession

ANSWER_SECONDS: Final = 10.0
MOST_AT_ONCE: Final = 256


class SignedClient:
    """One endpoint of one service. Its connections belong to the event loop of the first request."""

    def __init__(
        self,
        endpoint: str,
        *,
        signer: Signer,
        credentials: Credentials,
        now: Callable[[], datetime],
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        parts = urlsplit(endpoint)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._host = parts.netloc
        self._path = parts.path.rstrip("/")
        self._signer = signer
        self._credentials = credentials
        self._now = now
        self._answer_seconds = answer_seconds
        self._slots = asyncio.Semaphore(MOST_AT_ONCE)
        self._session: HttpSession | None = None

    async def request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """`path` comes percent-encoded, below the path of the endpoint. Raises NotSent, NoAnswer."""
        full = f"{self._path}{path}"
        async with self._slots:
            keys = await self._credentials.keys()
            unsigned = Unsigned(method, self._host, full, headers or {}, body)
            signed = self._signer.sign(unsigned, keys, self._now())
            return await self._opened().send(method, f"{self._origin}{full}", body, signed)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> "HttpSession":
        if self._session is None:
            from chaingraph.aws.http_session import HttpSession  # noqa: PLC0415 - many invocations call nobody

            self._session = HttpSession(self._answer_seconds)
        return self._session
