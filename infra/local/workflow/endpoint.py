"""The AWS JSON 1.0 protocol over HTTP: what a boto3 client of Step Functions speaks."""

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import httptools

from chaingraph.errors import Unavailable
from infra.local.workflow.beginning import begin
from infra.local.workflow.documents import as_object, decode, encode
from infra.local.workflow.operations import Operation
from infra.local.workflow.refusals import Refused, invalid_request

logger = logging.getLogger(__name__)

SERVICE = "AWSStepFunctions."
LARGEST_BODY = 2 * 1024 * 1024
REASONS = {200: "OK", 400: "Bad Request", 500: "Internal Server Error", 503: "Service Unavailable"}


@dataclass(slots=True)
class Request:
    target: str = ""
    length: int = 0
    body: list[bytes] = field(default_factory=list[bytes])


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: str

    def to_bytes(self) -> bytes:
        body = self.body.encode()
        return (
            f"HTTP/1.1 {self.status} {REASONS[self.status]}\r\n"
            f"x-amzn-RequestId: {uuid.uuid4()}\r\n"
            "Content-Type: application/x-amz-json-1.0\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body


async def respond(request: Request, operations: Mapping[str, Operation]) -> Response:
    try:
        operation = operations.get(request.target.removeprefix(SERVICE))
        if operation is None:
            return _refusal(400, "UnknownOperationException", f"{request.target!r} is not served")
        fields = as_object(decode(b"".join(request.body) or b"{}"))
        return Response(200, encode(await operation(fields)))
    except Refused as refused:
        return _refusal(400, refused.code, refused.message)
    except ValueError as error:
        refused = invalid_request(str(error))
        return _refusal(400, refused.code, refused.message)
    except Unavailable as error:
        return _refusal(503, "ServiceUnavailable", error.message)
    except Exception:
        logger.exception("an operation failed", extra={"target": request.target})
        return _refusal(500, "InternalFailure", "the operation failed")


def _refusal(status: int, code: str, message: str) -> Response:
    return Response(status, encode({"__type": f"com.amazonaws.states#{code}", "message": message}))


@asynccontextmanager
async def listening(
    operations: Mapping[str, Operation], tasks: asyncio.TaskGroup, *, host: str, port: int
) -> AsyncGenerator[str]:
    """Serve and give the URL; every connection ends with this."""
    connections: set[Connection] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(operations, tasks, connections), host, port)
    try:
        bound_host, bound_port = server.sockets[0].getsockname()[:2]
        yield f"http://{bound_host}:{bound_port}"
    finally:
        server.close()
        for connection in connections:
            connection.close()
        await asyncio.sleep(0)  # a transport is closed by the loop


class Connection(asyncio.Protocol):
    """One client: its requests are answered in order, and carried out also when it has gone away."""

    def __init__(
        self, operations: Mapping[str, Operation], tasks: asyncio.TaskGroup, connections: "set[Connection]"
    ) -> None:
        self._operations = operations
        self._tasks = tasks
        self._connections = connections
        self._parser = httptools.HttpRequestParser(self)
        self._request = Request()
        self._waiting: deque[Request] = deque()
        self._transport: asyncio.Transport | None = None

    # asyncio's protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance
        self._connections.add(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._transport = None
        self._connections.discard(self)

    # httptools' callbacks

    def on_message_begin(self) -> None:
        self._request = Request()

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"x-amz-target":
            self._request.target = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._request.length += len(body)
        if self._request.length > LARGEST_BODY:
            self.close()
        else:
            self._request.body.append(body)

    def on_message_complete(self) -> None:
        self._waiting.append(self._request)
        if len(self._waiting) == 1:
            begin(self._tasks, self._answer_waiting())

    async def _answer_waiting(self) -> None:
        while self._waiting:
            response = await respond(self._waiting[0], self._operations)
            if self._transport is not None:
                self._transport.write(response.to_bytes())
            self._waiting.popleft()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
