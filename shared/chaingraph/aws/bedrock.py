"""Models in Amazon Bedrock, over ConverseStream.

Plain HTTPS: the SDK's client would hold a thread for every answer and could not be cancelled. Its decoder of
event streams is used.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx2
import orjson
from botocore.eventstream import EventStreamBuffer, ParserError

from chaingraph.aws.credentials import Credentials
from chaingraph.aws.signing import Signer, Unsigned
from chaingraph.errors import ChaingraphError, Rejected, Unavailable
from chaingraph.graph.facilities import ModelCall

ANSWER_SECONDS: Final = 300.0
CONNECT_SECONDS: Final = 5.0

_PASSING_STATUSES: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
_PASSING: Final = frozenset(
    {
        "InternalServerException",
        "ModelNotReadyException",
        "ModelStreamErrorException",
        "ModelTimeoutException",
        "ServiceUnavailableException",
        "ThrottlingException",
        "internalServerException",
        "modelStreamErrorException",
        "serviceUnavailableException",
        "throttlingException",
    }
)


class BedrockModels:
    """`endpoint`: where Bedrock's runtime answers. The role of the process is the caller; there is no key."""

    def __init__(
        self, endpoint: str, *, region: str, credentials: Credentials, now: Callable[[], datetime]
    ) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._host = urlsplit(endpoint).netloc
        self._signer = Signer(service="bedrock", region=region)
        self._credentials = credentials
        self._now = now
        self._client = httpx2.AsyncClient(timeout=httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS))

    async def stream(self, call: ModelCall, model: str, temperature: float | None) -> AsyncIterator[str]:
        """`temperature`: None where the model takes none."""
        path = f"/model/{quote(model, safe='')}/converse-stream"
        body = orjson.dumps(_request(call, temperature))
        headers = {"content-type": "application/json"}
        unsigned = Unsigned("POST", self._host, path, headers, body)
        signed = self._signer.sign(unsigned, await self._credentials.keys(), self._now())
        request = self._client.stream("POST", self._endpoint + path, content=body, headers=signed)
        try:
            async with request as response:
                if response.status_code != HTTPStatus.OK:
                    raise _refused(response, await response.aread())
                async for part in _texts(response):
                    yield part
        except (httpx2.HTTPError, ParserError) as error:
            raise Unavailable(f"no answer from {self._host}: {error}") from error


async def _texts(response: httpx2.Response) -> AsyncIterator[str]:
    buffer: Any = EventStreamBuffer()
    is_whole = False
    async for part in response.aiter_raw():
        buffer.add_data(part)
        for message in buffer:
            is_whole = is_whole or message.headers.get(":event-type") == "messageStop"
            text = _text(message.headers, message.payload)
            if text:
                yield text
    if not is_whole:
        raise Unavailable("the answer breaks off")


def _text(headers: Mapping[str, Any], payload: bytes) -> str:
    if headers.get(":message-type") in {"exception", "error"}:
        name = str(headers.get(":exception-type") or headers.get(":error-code"))
        raise _error(name, payload)
    if headers.get(":event-type") != "contentBlockDelta":
        return ""
    return str(orjson.loads(payload).get("delta", {}).get("text", ""))


def _request(call: ModelCall, temperature: float | None) -> dict[str, Any]:
    turns = [
        {"role": message.role, "content": [{"text": message.text}]}
        for message in call.messages
        if message.role != "system"
    ]
    system = [{"text": message.text} for message in call.messages if message.role == "system"]
    return {
        "messages": turns,
        **({"system": system} if system else {}),
        **({"inferenceConfig": {"temperature": temperature}} if temperature is not None else {}),
    }


def _refused(response: httpx2.Response, body: bytes) -> ChaingraphError:
    name = response.headers.get("x-amzn-errortype", "").partition(":")[0]
    refusal = _error(name or f"status {response.status_code}", body)
    passes = (
        response.status_code in _PASSING_STATUSES or response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    )
    return Unavailable(refusal.message) if passes else refusal


def _error(name: str, body: bytes) -> ChaingraphError:
    try:
        content: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        content = {}
    message = f"Bedrock: {name}: {content.get('message') or content.get('Message') or ''}".rstrip(": ")
    return Unavailable(message) if name in _PASSING else Rejected(message)
