"""HTTP requests whose targets the authors of flows choose."""

import asyncio
from typing import Final
from urllib.parse import urlsplit

import httpx2

from chaingraph.errors import Rejected, TooLarge, Unavailable
from chaingraph.graph.facilities import HttpRequest, HttpResponse
from chaingraph.graph.redaction import is_credential
from chaingraph.outbound.addresses import AllowList
from chaingraph.outbound.guarded_transport import GuardedTransport, guarded_transport

MOST_REDIRECTS: Final = 10
AGENT: Final = "chaingraph"

# The client's own affair; a request that says otherwise would be cut at another place than it seems.
_FRAMING: Final = frozenset({"connection", "content-length", "host", "transfer-encoding", "upgrade"})
_REFUSED: Final = (
    httpx2.InvalidURL,
    httpx2.UnsupportedProtocol,
    httpx2.DecodingError,
    UnicodeError,
)


class GuardedHttpClient:
    """Implements `HttpClient`. Keeps no cookies."""

    def __init__(self, transport: GuardedTransport, *, max_response_bytes: int) -> None:
        self._transport = transport
        self._max_bytes = max_response_bytes

    async def send(self, request: HttpRequest) -> HttpResponse:
        site = _site(request)
        try:
            async with asyncio.timeout(request.timeout_seconds):
                return await self._exchange(request)
        except TimeoutError as error:
            raise Unavailable(f"no answer from {site} within {request.timeout_seconds:g} s") from error
        except httpx2.LocalProtocolError as error:
            # Its text would show the header.
            raise Rejected(f"a header or the method of the request to {site} cannot be sent") from error
        except _REFUSED as error:
            raise Rejected(f"the request to {site} is not possible: {error}") from error
        except httpx2.HTTPError as error:
            raise Unavailable(f"no answer from {site}: {error or type(error).__name__}") from error

    async def _exchange(self, request: HttpRequest) -> HttpResponse:
        client = httpx2.AsyncClient(transport=self._transport, trust_env=False, timeout=None)
        client.headers["User-Agent"] = AGENT
        async with client:
            response = await self._followed(client, _built(client, request), request.confidential)
            try:
                body = await self._body(response)
            finally:
                await response.aclose()
        names = dict.fromkeys(name.lower() for name in response.headers)
        headers = tuple((name, response.headers[name]) for name in names)
        return HttpResponse(status=response.status_code, headers=headers, body=body)

    async def _followed(
        self, client: httpx2.AsyncClient, request: httpx2.Request, confidential: frozenset[str]
    ) -> httpx2.Response:
        for _ in range(MOST_REDIRECTS + 1):
            response = await client.send(request, stream=True)
            following = response.next_request
            if following is None:
                return response
            await response.aclose()
            if _is_elsewhere(request, following):
                _take_credentials_out(following, confidential)
            request = following
        raise Rejected(f"more than {MOST_REDIRECTS} redirects")

    async def _body(self, response: httpx2.Response) -> bytes:
        parts, size = list[bytes](), 0
        async for part in response.aiter_bytes():
            size += len(part)
            if size > self._max_bytes:
                raise TooLarge(f"the response is larger than {self._max_bytes} bytes")
            parts.append(part)
        return b"".join(parts)


def guarded_http_client(allowed: AllowList, max_response_bytes: int) -> GuardedHttpClient:
    transport = guarded_transport(allowed, max_response_bytes)
    return GuardedHttpClient(transport, max_response_bytes=max_response_bytes)


def _built(client: httpx2.AsyncClient, request: HttpRequest) -> httpx2.Request:
    headers = [(name, value) for name, value in request.headers if name.lower() not in _FRAMING]
    return client.build_request(request.method, request.url, headers=headers, content=request.body or None)


def _is_elsewhere(before: httpx2.Request, after: httpx2.Request) -> bool:
    one, other = before.url, after.url
    return (one.scheme, one.host, one.port) != (other.scheme, other.host, other.port)


def _take_credentials_out(request: httpx2.Request, confidential: frozenset[str]) -> None:
    for name in list(request.headers):
        if is_credential(name) or name.lower() in confidential:
            del request.headers[name]


def _site(request: HttpRequest) -> str:
    """The host: user, password and query may be credentials. Raises Rejected for what is no address."""
    try:
        parts = urlsplit(request.url)
        host = parts.hostname if parts.port != 0 else None
    except ValueError as error:
        # Its text would show what looks like the port, and may be a part of the password.
        raise Rejected("the address of the request is not valid") from error
    if not host:
        raise Rejected("the address of the request has no host")
    return host
