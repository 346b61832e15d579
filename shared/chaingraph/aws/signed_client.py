"""Signed HTTP requests to one AWS endpoint, over kept connections."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from chaingraph.aws.credentials import Credentials
from chaingraph.aws.signing import Signer, Unsigned
from chaingraph.errors import Unavailable

CONNECT_SECONDS: Final = 3.0
ANSWER_SECONDS: Final = 10.0
# Shorter than the other side keeps an idle connection: it shall not close one that is just being used.
KEPT_SECONDS: Final = 15.0
MOST_AT_ONCE: Final = 256


class NotSent(Unavailable):
    """No connection came to be, so the request had no effect: it may be repeated."""


class NoAnswer(Unavailable):
    """The request was sent, or a part of it; whether it had an effect is not known."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


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
        self._timeout = aiohttp.ClientTimeout(total=answer_seconds, sock_connect=CONNECT_SECONDS)
        self._slots = asyncio.Semaphore(MOST_AT_ONCE)
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """`path` comes percent-encoded, below the path of the endpoint. Raises NotSent, NoAnswer."""
        full = f"{self._path}{path}"
        async with self._slots:
            keys = await self._credentials.keys()
            unsigned = Unsigned(method, self._host, full, headers or {}, body)
            signed = self._signer.sign(unsigned, keys, self._now())
            return await self._send(method, full, body, signed)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        url = URL(f"{self._origin}{path}", encoded=True)
        try:
            async with self._open().request(method, url, data=body, headers=headers) as response:
                return Answer(response.status, await _body(response))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSent(f"no connection to {self._host}") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NoAnswer(f"no answer from {self._host}") from error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_SECONDS, ttl_dns_cache=60),
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            )
        return self._session


async def _body(response: aiohttp.ClientResponse) -> bytes:
    """What came of it: the status has told already what became of the request."""
    with suppress(aiohttp.ClientError, TimeoutError, OSError):
        return await response.read()
    return b""
