"""The opening handshake of a WebSocket, over a request that the HTTP parser has read."""

from websockets.datastructures import Headers
from websockets.http11 import Request as HandshakeRequest
from websockets.http11 import Response
from websockets.server import ServerProtocol

from infra.local.gateway.messages import Answer, Request, encoded_head

SWITCHING_PROTOCOLS = 101


def is_websocket(request: Request) -> bool:
    return (request.header("upgrade") or "").lower() == "websocket"


def negotiated(request: Request) -> Response:
    """101, or a refusal of what is no proper handshake. API Gateway negotiates no extension."""
    headers = Headers()
    for name, value in request.headers:
        headers[name] = value
    return ServerProtocol().accept(HandshakeRequest(request.path, headers, method=request.method))


def encoded_acceptance(response: Response, subprotocol: str | None) -> bytes:
    if subprotocol is not None:
        response.headers["Sec-WebSocket-Protocol"] = subprotocol
    return response.serialize()


def encoded_refusal(answer: Answer) -> bytes:
    return encoded_head(answer, "close") + answer.body
