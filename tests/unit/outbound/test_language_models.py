"""Language models of every provider, over the provider's own protocol."""

import asyncio
import struct
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

import orjson
import pytest

from chaingraph.errors import ChaingraphError, Rejected, Unavailable
from chaingraph.graph.facilities import ChatMessage, ModelCall
from chaingraph.graph.secrets import Secret
from chaingraph.outbound.anthropic_models import MOST_TOKENS
from chaingraph.outbound.language_models import ProviderModels
from chaingraph.outbound.openai_models import EFFORTS
from chaingraph.outbound.providers import KnownModel, Provider, known_model
from tests.anthropic_server import answer_of, text_block
from tests.web_server import Answer, Asked, WebServer, answered, never, sse, web_server

pytestmark = pytest.mark.anyio

KEY = Secret("openai", {"apiKey": "sk-1"})
KEYS = {"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s"}
MESSAGES = (ChatMessage("system", "Be short."), ChatMessage("user", "Hello"))
PARTS = ["Good ", "day"]
OPENAI_PATH = "/chat/completions"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def call(model: str, **parts: Any) -> ModelCall:
    given: dict[str, Any] = {"model": model, "messages": MESSAGES, "api_key": KEY, **parts}
    return ModelCall(**given)


async def answer(server: WebServer, asked: ModelCall, environ: Mapping[str, str] = KEYS) -> list[str]:
    models = ProviderModels(dict.fromkeys(Provider, server.url), environ, lambda: NOW)
    return [part async for part in models.stream(asked)]


def completion(parts: Sequence[str]) -> Answer:
    chunks = [_chunk({"role": "assistant", "content": ""}), *(_chunk({"content": part}) for part in parts)]
    usage: dict[str, object] = {**_chunk({}), "choices": []}
    return sse(*chunks, _chunk({}, "stop"), usage, "[DONE]")


def _chunk(delta: Mapping[str, object], reason: str | None = None) -> dict[str, object]:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


def body_of(server: WebServer) -> dict[str, Any]:
    return orjson.loads(server.asked[-1].body)


# ---------------------------------------------------------------- OpenAI and those that speak its protocol


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("gpt-4o", "gpt-4o"),
        ("deepseek-chat", "deepseek-chat"),
        ("gemini-2.5-flash", "gemini-2.5-flash"),
        ("groq/meta-llama/llama-4", "meta-llama/llama-4"),
        ("moonshot-v1-128k", "moonshot-v1-128k"),
        ("some-model-of-a-proxy", "some-model-of-a-proxy"),
    ],
)
async def test_an_answer_comes_in_parts(model: str, name: str) -> None:
    async with web_server({OPENAI_PATH: completion(PARTS)}) as server:
        assert await answer(server, call(model, temperature=0.5, idempotency_key="EX:n")) == PARTS

    assert body_of(server) == {
        "model": name,
        "messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hello"}],
        "stream": True,
        "temperature": 0.5,
    }
    assert server.asked[0].headers["authorization"] == "Bearer sk-1"
    assert server.asked[0].headers["idempotency-key"] == "EX:n"


@pytest.mark.parametrize("model", ["gpt-5-mini", "o3", "o4-mini", "deepseek-reasoner"])
async def test_a_model_that_reasons_gets_no_temperature(model: str) -> None:
    async with web_server({OPENAI_PATH: completion(PARTS)}) as server:
        await answer(server, call(model, reasoning_effort="disable"))

    assert not {"temperature", "reasoning_effort"} & body_of(server).keys()


@pytest.mark.parametrize("effort", sorted(EFFORTS))
async def test_the_effort_of_reasoning_is_told(effort: str) -> None:
    async with web_server({OPENAI_PATH: completion(PARTS)}) as server:
        await answer(server, call("gpt-5-mini", reasoning_effort=effort))

    assert body_of(server)["reasoning_effort"] == effort


async def test_a_schema_is_told() -> None:
    schema = {"type": "object"}

    async with web_server({OPENAI_PATH: completion(PARTS)}) as server:
        await answer(server, call("gpt-4o", answer_schema=schema))
        strict = body_of(server)["response_format"]
        await answer(server, call("deepseek-chat", answer_schema=schema))

    assert strict["json_schema"] == {"name": "answer", "schema": schema, "strict": False}
    assert body_of(server)["response_format"] == {"type": "json_object"}


async def test_a_model_of_the_other_interface_is_asked_there() -> None:
    events = [{"type": "response.output_text.delta", "delta": part} for part in PARTS]
    done: dict[str, object] = {"type": "response.completed", "response": {"id": "r"}}
    async with web_server({"/responses": sse(*events, done, named="type")}) as server:
        assert (
            await answer(server, call("o3-pro", reasoning_effort="high", reasoning_summary="concise"))
            == PARTS
        )

    assert body_of(server)["reasoning"] == {"effort": "high", "summary": "concise"}
    assert body_of(server)["input"][1] == {"role": "user", "content": "Hello"}


# ---------------------------------------------------------------- Anthropic


async def test_anthropic_streams_its_answer() -> None:
    async with web_server({"/v1/messages": answer_of(text_block(*PARTS))}) as server:
        assert await answer(server, call("claude-sonnet-4-6", temperature=0.5)) == PARTS

    assert body_of(server) == {
        "model": "claude-sonnet-4-6",
        "max_tokens": MOST_TOKENS,
        "messages": [{"role": "user", "content": "Hello"}],
        "system": "Be short.",
        "stream": True,
        "temperature": 0.5,
    }
    assert server.asked[0].headers["authorization"] == "Bearer sk-1"


# ---------------------------------------------------------------- Amazon Bedrock


def frame(payload: Mapping[str, object], **headers: str) -> bytes:
    """One message of an event stream: lengths, checksum, headers, payload, checksum."""
    encoded = b"".join(_header(name.replace("_", "-"), value) for name, value in headers.items())
    body = orjson.dumps(payload)
    prelude = struct.pack(">II", 16 + len(encoded) + len(body), len(encoded))
    message = prelude + struct.pack(">I", crc32(prelude)) + encoded + body
    return message + struct.pack(">I", crc32(message))


def _header(name: str, value: str) -> bytes:
    text = value.encode()
    return (
        struct.pack(">B", len(name) + 1)
        + b":"
        + name.encode()
        + b"\x07"
        + struct.pack(">H", len(text))
        + text
    )


def event(name: str, payload: Mapping[str, object]) -> bytes:
    return frame(payload, message_type="event", event_type=name)


def converse(*frames: bytes) -> Answer:
    """The frames, cut where no frame ends."""
    content = b"".join(frames)

    async def parts(_: Asked) -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"
        for place in range(0, len(content), 50):
            yield content[place : place + 50]

    return parts


BEDROCK_PATH = "/model/amazon.nova-pro-v1%3A0/converse-stream"
DELTAS = [event("contentBlockDelta", {"delta": {"text": part}, "contentBlockIndex": 0}) for part in PARTS]


async def test_bedrock_is_asked_with_the_role_of_the_process() -> None:
    stream = converse(event("messageStart", {"role": "assistant"}), *DELTAS, event("messageStop", {}))
    async with web_server({BEDROCK_PATH: stream}) as server:
        assert await answer(server, call("bedrock/amazon.nova-pro-v1:0", api_key=None)) == PARTS

    assert body_of(server) == {
        "messages": [{"role": "user", "content": [{"text": "Hello"}]}],
        "system": [{"text": "Be short."}],
        "inferenceConfig": {"temperature": 0},
    }
    signature = server.asked[0].headers["authorization"]
    assert signature.startswith("AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-central-1/bedrock/aws4_request")


async def test_an_exception_in_the_stream_ends_it() -> None:
    failure = frame({"message": "slow down"}, message_type="exception", exception_type="throttlingException")
    async with web_server({BEDROCK_PATH: converse(*DELTAS, failure)}) as server:
        with pytest.raises(Unavailable, match="slow down"):
            await answer(server, call("amazon.nova-pro-v1:0"))


async def test_a_stream_with_a_wrong_checksum_is_no_answer() -> None:
    broken = DELTAS[0][:-1] + b"x"
    async with web_server({BEDROCK_PATH: converse(broken)}) as server:
        with pytest.raises(Unavailable):
            await answer(server, call("amazon.nova-pro-v1:0"))


@pytest.mark.parametrize(
    ("status", "name", "error"),
    [
        (400, "ValidationException:http://internal", Rejected),
        (403, "AccessDeniedException", Rejected),
        (429, "ThrottlingException", Unavailable),
        (503, "", Unavailable),
    ],
)
async def test_what_bedrock_refuses(status: int, name: str, error: type[ChaingraphError]) -> None:
    refusal = answered(b'{"message": "not so"}', status, x_amzn_ErrorType=name)
    async with web_server({BEDROCK_PATH: refusal}) as server:
        with pytest.raises(error, match="not so"):
            await answer(server, call("amazon.nova-pro-v1:0"))


async def test_without_a_region_bedrock_is_refused() -> None:
    async with web_server({}) as server:
        with pytest.raises(Rejected, match="AWS_REGION"):
            await answer(server, call("amazon.nova-pro-v1:0"), {})


# ---------------------------------------------------------------- what all have in common

OTHERS = [("gpt-4o", OPENAI_PATH), ("claude-opus-4-1", "/v1/messages")]


DELTA: dict[str, object] = {"type": "response.output_text.delta", "delta": "Good "}
FAILED: dict[str, object] = {
    "type": "response.failed",
    "response": {"id": "r", "error": {"code": "server_error", "message": "out of paper"}},
}


@pytest.mark.parametrize(
    ("model", "path", "begun", "message"),
    [
        ("gpt-4o", OPENAI_PATH, sse(_chunk({"content": "Good "})), "breaks off"),
        ("o3-pro", "/responses", sse(DELTA, named="type"), "breaks off"),
        ("o3-pro", "/responses", sse(DELTA, FAILED, named="type"), "out of paper"),
        ("amazon.nova-pro-v1:0", BEDROCK_PATH, converse(*DELTAS), "breaks off"),
    ],
)
async def test_an_answer_that_breaks_off_is_none(model: str, path: str, begun: Answer, message: str) -> None:
    async with web_server({path: begun}) as server:
        with pytest.raises(Unavailable, match=message):
            await answer(server, call(model))


@pytest.mark.parametrize(("model", "path"), OTHERS)
async def test_a_refused_key_is_not_shown(model: str, path: str) -> None:
    refusal = answered(
        b'{"error": {"message": "Incorrect API key: sk-1"}}', 401, Content_Type="application/json"
    )
    async with web_server({path: refusal}) as server:
        with pytest.raises(Rejected, match="Incorrect API key") as error:
            await answer(server, call(model))

    assert "sk-1" not in error.value.message
    assert error.value.__cause__ is None


@pytest.mark.parametrize(("model", "path"), OTHERS)
@pytest.mark.parametrize("status", [429, 500])
async def test_what_passes_is_asked_again_and_then_given_up(model: str, path: str, status: int) -> None:
    busy = answered(
        b'{"error": {"message": "busy"}}', status, retry_after_ms="1", Content_Type="application/json"
    )
    async with web_server({path: busy}) as server:
        with pytest.raises(Unavailable, match="busy"):
            await answer(server, call(model))

    assert len(server.asked) == 3


@pytest.mark.parametrize(("model", "path"), OTHERS)
async def test_a_key_is_required(model: str, path: str) -> None:
    async with web_server({path: answered()}) as server:
        with pytest.raises(Rejected, match="API Key is required"):
            await answer(server, call(model, api_key=None))


@pytest.mark.parametrize(("model", "path"), [*OTHERS, ("amazon.nova-pro-v1:0", BEDROCK_PATH)])
async def test_a_cancelled_call_leaves_its_provider(model: str, path: str) -> None:
    async with web_server({path: lambda _: never()}) as server:
        asked = asyncio.create_task(answer(server, call(model)))
        await server.arrived.wait()
        asked.cancel()
        await asyncio.wait_for(server.gone.wait(), 10)

    with pytest.raises(asyncio.CancelledError):
        await asked


@pytest.mark.parametrize(
    ("model", "known"),
    [
        ("openai/gpt-4o", KnownModel(Provider.OPENAI, "gpt-4o")),
        ("anthropic/claude-opus-4-1", KnownModel(Provider.ANTHROPIC, "claude-opus-4-1")),
        ("us.anthropic.claude-x", KnownModel(Provider.BEDROCK, "us.anthropic.claude-x")),
        ("arn:aws:bedrock:x", KnownModel(Provider.BEDROCK, "arn:aws:bedrock:x")),
        ("kimi-k2", KnownModel(Provider.MOONSHOT, "kimi-k2")),
    ],
)
async def test_a_name_tells_the_provider(model: str, known: KnownModel) -> None:
    assert known_model(model) == known


@pytest.mark.parametrize(
    ("model", "is_told"),
    [
        ("claude-3-5-sonnet-20241022", True),
        ("claude-sonnet-4-20250514", True),
        ("claude-opus-4-7", False),
        ("claude-opus-5", False),
        ("bedrock/us.anthropic.claude-sonnet-4-20250514", True),
        ("bedrock/amazon.nova-pro-v1:0", True),
        ("gpt-5-chat-latest", True),
        ("gpt-5.1", False),
    ],
)
async def test_who_is_told_a_temperature(model: str, *, is_told: bool) -> None:
    assert known_model(model).takes_temperature is is_told
