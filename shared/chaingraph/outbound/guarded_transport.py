"""The guarded network as a transport of httpx."""

import logging
import ssl
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from typing import Final

import httpcore2
import httpx2

from chaingraph.errors import TooLarge
from chaingraph.outbound.addresses import AllowList
from chaingraph.outbound.guarded_network import GuardedNetwork

# Connections of all nodes of a process together.
MOST_CONNECTIONS: Final = 200
MOST_KEPT: Final = 20
KEPT_SECONDS: Final = 5.0

# What these libraries log shows addresses and headers whole, and a secret may stand in either.
_TALKATIVE: Final = ("httpcore2", "httpx2", "mcp")

_ERRORS: Final[tuple[tuple[type[Exception], type[httpx2.TransportError]], ...]] = (
    (httpcore2.ConnectTimeout, httpx2.ConnectTimeout),
    (httpcore2.TimeoutException, httpx2.ReadTimeout),
    (httpcore2.ConnectError, httpx2.ConnectError),
    (httpcore2.NetworkError, httpx2.ReadError),
    (httpcore2.LocalProtocolError, httpx2.LocalProtocolError),
    (httpcore2.UnsupportedProtocol, httpx2.UnsupportedProtocol),
    (httpcore2.ProtocolError, httpx2.RemoteProtocolError),
)


class GuardedTransport(httpx2.AsyncBaseTransport):
    """Ignores the environment's proxies: behind one, no address could be checked. Nothing of it is logged.

    `max_response_bytes`: of a body as it comes; what it grows to when it is unpacked is the reader's affair.
    """

    def __init__(
        self, network: httpcore2.AsyncNetworkBackend, tls: ssl.SSLContext, max_response_bytes: int
    ) -> None:
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._max_bytes = max_response_bytes
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=MOST_CONNECTIONS,
            max_keepalive_connections=MOST_KEPT,
            keepalive_expiry=KEPT_SECONDS,
            network_backend=network,
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        with _translated():
            response = await self._pool.handle_async_request(_plain(request))
        return httpx2.Response(
            response.status, headers=response.headers, stream=_Body(response, self._max_bytes)
        )

    async def aclose(self) -> None:
        """Leaves its connections open: the clients that share it come and go."""

    async def close(self) -> None:
        await self._pool.aclose()


class _Body(httpx2.AsyncByteStream):
    def __init__(self, response: httpcore2.Response, max_bytes: int) -> None:
        self._response = response
        self._max_bytes = max_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        with _translated():
            async for part in self._response.aiter_stream():
                size += len(part)
                if size > self._max_bytes:
                    raise TooLarge(f"the response is larger than {self._max_bytes} bytes")
                yield part

    async def aclose(self) -> None:
        with _translated():
            await self._response.aclose()


def _plain(request: httpx2.Request) -> httpcore2.Request:
    url = request.url
    return httpcore2.Request(
        method=request.method,
        url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


@contextmanager
def _translated() -> Generator[None]:
    try:
        yield
    except Exception as error:
        for theirs, ours in _ERRORS:
            if isinstance(error, theirs):
                raise ours(str(error)) from error
        raise


def guarded_transport(allowed: AllowList, max_response_bytes: int) -> GuardedTransport:
    tls = httpx2.create_ssl_context(trust_env=False)
    return GuardedTransport(GuardedNetwork(allowed), tls, max_response_bytes)
