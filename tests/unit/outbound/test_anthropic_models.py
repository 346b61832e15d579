"""Conversations with Anthropic's models, over their protocol."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from chaingraph.errors import ChaingraphError, Rejected, Unavailable
from chaingraph.graph.facilities import ChatMessage, ChatTurn, ModelCall
from chaingraph.graph.json_types import JsonObject
from chaingraph.graph.secrets import Secret
from chaingraph.outbound.language_models import ProviderModels
from chaingraph.outbound.providers import Provider
from tests.anthropic_server import (
    PATH,
    answer_of,
    bodies_of,
    conversation,
    events_of,
    text_block,
    thinking_block,
    tool_block,
)
from tests.web_server import WebServer, answered, never, sse, web_server

pytestmark = pytest.mark.anyio

KEY = Secret("anthropic", {"apiKey": "sk-1"})
HELLO: JsonObject = {"role": "user", "content": [{"type": "text", "text": "Hello"}]}
TOOL: JsonObject = {"name": "add", "description": "Adds", "input_schema": {"type": "object"}}


def turn(**parts: Any) -> ChatTurn:
    given: dict[str, Any] = {
        "model": "claude-sonnet-4-6",
        "messages": (HELLO,),
        "max_tokens": 100,
        "api_key": KEY,
    }
    return ChatTurn(**{**given, **parts})


def models(server: WebServer) -> ProviderModels:
    return ProviderModels({Provider.ANTHROPIC: server.url}, {}, lambda: datetime(2026, 1, 1, tzinfo=UTC))


async def chat(server: WebServer, asked: ChatTurn) -> list[JsonObject]:
    return [event async for event in models(server).chat(asked)]


async def words(server: WebServer) -> list[str]:
    call = ModelCall(model="claude-opus-5-5", messages=(ChatMessage("user", "Hi"),), api_key=KEY)
    return [part async for part in models(server).stream(call)]


async def test_the_events_of_an_answer_come_as_the_provider_sends_them() -> None:
    blocks = thinking_block("Hm", "m"), text_block("Let me ", "add."), tool_block("add", {"a": 1})
    async with web_server(conversation(answer_of(*blocks, stop="tool_use"))) as server:
        events = await chat(server, turn())

    assert events == [event for event in events_of(*blocks, stop="tool_use") if event["type"] != "ping"]


async def test_a_turn_is_told_in_full() -> None:
    asked = turn(
        system=({"type": "text", "text": "Be short."},),
        tools=(TOOL,),
        temperature=0.5,
        idempotency_key="EX:n:1",
    )
    async with web_server(conversation(answer_of(text_block("Hi")))) as server:
        await chat(server, asked)

    assert bodies_of(server) == [
        {
            "model": "claude-sonnet-4-6",
            "max_tokens": 100,
            "messages": [HELLO],
            "system": [{"type": "text", "text": "Be short."}],
            "tools": [TOOL],
            "tool_choice": {"type": "auto"},
            "temperature": 0.5,
            "stream": True,
        }
    ]
    assert server.asked[0].headers["idempotency-key"] == "EX:n:1"


async def test_a_turn_without_tools_says_nothing_of_them() -> None:
    async with web_server(conversation(answer_of(text_block("Hi")))) as server:
        await chat(server, turn())

    assert not {"tools", "tool_choice", "system", "thinking", "temperature"} & bodies_of(server)[0].keys()


@pytest.mark.parametrize(
    ("model", "thinking"),
    [
        ("claude-sonnet-4-6", {"type": "enabled", "budget_tokens": 2000}),
        ("claude-3-7-sonnet-20250219", {"type": "enabled", "budget_tokens": 2000}),
        ("claude-opus-4-8", {"type": "adaptive"}),
        ("claude-opus-5-5", {"type": "adaptive"}),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_how_a_model_is_told_to_think(model: str, thinking: JsonObject) -> None:
    async with web_server(conversation(answer_of(text_block("Hi")))) as server:
        await chat(server, turn(model=model, thinking_budget=2000, temperature=0.5))

    assert bodies_of(server)[0]["thinking"] == thinking
    assert "temperature" not in bodies_of(server)[0]


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("overloaded_error", Unavailable),
        ("api_error", Unavailable),
        ("rate_limit_error", Unavailable),
        ("invalid_request_error", Rejected),
    ],
)
async def test_an_error_in_the_middle_of_an_answer_ends_it(kind: str, error: type[ChaingraphError]) -> None:
    problem = {"type": "error", "error": {"type": kind, "message": "no more for sk-1"}}
    begun = sse(*events_of(text_block("Hi"))[:4], problem, named="type")
    async with web_server(conversation(begun)) as server:
        with pytest.raises(error, match="no more for") as refusal:
            await chat(server, turn())

    assert "sk-1" not in refusal.value.message


async def test_an_answer_that_breaks_off_is_none() -> None:
    begun = sse(*events_of(text_block("Hi"))[:-1], named="type")
    async with web_server(conversation(begun, begun)) as server:
        with pytest.raises(Unavailable, match="breaks off"):
            await chat(server, turn())
        with pytest.raises(Unavailable, match="breaks off"):
            await words(server)


async def test_a_key_is_required() -> None:
    async with web_server({}) as server:
        with pytest.raises(Rejected, match="API Key is required"):
            await chat(server, turn(api_key=None))


async def test_models_of_others_are_refused() -> None:
    async with web_server({}) as server:
        with pytest.raises(Rejected, match="gpt-4o is no model of Anthropic's"):
            await chat(server, turn(model="gpt-4o"))


async def test_a_refused_key_is_not_shown() -> None:
    refusal = answered(b'{"error": {"message": "invalid: sk-1"}}', 401, Content_Type="application/json")
    async with web_server({PATH: refusal}) as server:
        with pytest.raises(Rejected, match="invalid") as error:
            await chat(server, turn())

    assert "sk-1" not in error.value.message


async def test_a_cancelled_turn_leaves_its_provider() -> None:
    async with web_server({PATH: lambda _: never()}) as server:
        asked = asyncio.create_task(chat(server, turn()))
        await server.arrived.wait()
        asked.cancel()
        await asyncio.wait_for(server.gone.wait(), 10)

    with pytest.raises(asyncio.CancelledError):
        await asked
