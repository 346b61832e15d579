"""One TCP connection: HTTP/1.1 requests, answered in their order, until one of them opens a WebSocket."""

import asyncio
import logging
from collections import deque
from typing import Final, Protocol, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from infra.local.gateway.handshake import is_websocket
from infra.local.gateway.messages import Answer, Request, encoded_head, message_answer

# A client that sends more than this is cut off instead of answered.
MAX_RECEIVED_BYTES: Final = 256 * 1024 * 1024
MAX_QUEUED: Final = 16

BAD_REQUEST: Final = message_answer(400, "Bad Request")
HEAD_TOO_LARGE: Final = message_answer(431, "Request Header Fields Too Large")

log = logging.getLogger(__name__)


class Site(Protocol):
    """What is behind the connection."""

    @property
    def max_head_bytes(self) -> int: ...

    @property
    def max_body_bytes(self) -> int: ...

    async def answer(self, request: Request) -> Answer: ...

    def open_websocket(self, request: Request, transport: asyncio.Transport) -> asyncio.Protocol: ...

    def opened(self, connection: "HttpConnection") -> None: ...

    def ended(self, connection: "HttpConnection") -> None: ...


class HttpConnection(asyncio.Protocol):
    """The parser calls the methods named `on_…`."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._parser = HttpRequestParser(self)
        self._queue: deque[tuple[Request, bool]] = deque()
        self._answering: asyncio.Task[None] | None = None
        self._upgrade: Request | None = None
        self._is_last = False
        self._has_head = False
        self._headless_bytes = 0
        self.on_message_begin()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._source_ip: str = transport.get_extra_info("peername")[0]
        self._server_port: int = transport.get_extra_info("sockname")[1]
        self._site.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._site.ended(self)

    def data_received(self, data: bytes) -> None:
        self._headless_bytes += 0 if self._has_head else len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            self._switch(data[upgrade.args[0] :])
        except HttpParserError:
            self._refuse(HEAD_TOO_LARGE if self._is_head_too_large() else BAD_REQUEST)
        else:
            if self._headless_bytes > self._site.max_head_bytes:
                self._refuse(HEAD_TOO_LARGE)

    def stop(self) -> None:
        """Answer what has been asked, then close."""
        self._is_last = True
        if self._answering is None:
            self._transport.close()

    def on_message_begin(self) -> None:
        self._url = b""
        self._headers: list[tuple[str, str]] = []
        self._body = bytearray()
        self._head_bytes = 0
        self._body_bytes = 0

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_bytes += len(name) + len(value) + 4
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self._has_head = True
        self._headless_bytes = 0
        if self._is_head_too_large():
            raise ValueError("ends the parser")
        if self._answering is None and any(name.lower() == "expect" for name, _ in self._headers):
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if (room := self._site.max_body_bytes + 1 - len(self._body)) > 0:
            self._body += body[:room]
        if self._body_bytes > MAX_RECEIVED_BYTES:
            self._transport.abort()

    def on_message_complete(self) -> None:
        self._has_head = False
        request = self._request()
        is_upgrade = self._parser.should_upgrade()
        if is_upgrade and is_websocket(request):
            self._upgrade = request
            return
        self._queue.append((request, self._parser.should_keep_alive() and not is_upgrade))
        if len(self._queue) >= MAX_QUEUED:
            self._transport.pause_reading()
        if self._answering is None:
            self._answering = asyncio.get_running_loop().create_task(self._answer_all())

    def _request(self) -> Request:
        path, _, query = self._url.decode("latin-1").partition("?")
        return Request(
            method=self._parser.get_method().decode(),
            path=path,
            query=query,
            headers=tuple(self._headers),
            body=bytes(self._body),
            source_ip=self._source_ip,
            server_port=self._server_port,
        )

    def _switch(self, rest: bytes) -> None:
        if self._upgrade is None or self._answering is not None:
            return
        protocol = self._site.open_websocket(self._upgrade, self._transport)
        self._transport.set_protocol(protocol)
        self._site.ended(self)
        if rest:
            protocol.data_received(rest)

    async def _answer_all(self) -> None:
        while self._queue:
            request, is_kept_alive = self._queue.popleft()
            answer = await self._safe_answer(request)
            self._write(request, answer, is_kept_alive and not self._is_last)
        self._answering = None
        self._transport.resume_reading()

    async def _safe_answer(self, request: Request) -> Answer:
        try:
            return await self._site.answer(request)
        except Exception:
            log.exception("a request failed", extra={"method": request.method})
            return message_answer(500, "Internal Server Error")

    def _write(self, request: Request, answer: Answer, is_kept_alive: bool) -> None:  # noqa: FBT001
        if self._transport.is_closing():
            return
        head = encoded_head(answer, "keep-alive" if is_kept_alive else "close")
        self._transport.write(head if request.method == "HEAD" else head + answer.body)
        if not is_kept_alive:
            self._queue.clear()
            self._transport.close()

    def _is_head_too_large(self) -> bool:
        return len(self._url) + self._head_bytes > self._site.max_head_bytes

    def _refuse(self, answer: Answer) -> None:
        self._transport.write(encoded_head(answer, "close") + answer.body)
        self._transport.close()
