"""Requests over kept connections. Loaded with the first one: its import costs more than most of them."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import aiohttp
from yarl import URL

from chaingraph.aws.answers import Answer, NoAnswer, NotSent

CONNECT_SECONDS: Final = 3.0
# Shorter than the other side keeps an idle connection: it shall not close one that is just being used.
KEPT_SECONDS: Final = 15.0


class HttpSession:
    """Its connections belong to the event loop that runs."""

    def __init__(self, answer_seconds: float) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_SECONDS, ttl_dns_cache=60),
            timeout=aiohttp.ClientTimeout(total=answer_seconds, sock_connect=CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )

    async def send(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """`url` comes percent-encoded. Raises NotSent, NoAnswer."""
        address = URL(url, encoded=True)
        try:
            async with self._session.request(method, address, data=body, headers=headers) as response:
                return Answer(response.status, await _body(response))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSent(f"no connection to {address.host}") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NoAnswer(f"no answer from {address.host}") from error

    async def close(self) -> None:
        await self._session.close()


async def _body(response: aiohttp.ClientResponse) -> bytes:
    """What came of it: the status has told already what became of the request."""
    with suppress(aiohttp.ClientError, TimeoutError, OSError):
        return await response.read()
    return b""
