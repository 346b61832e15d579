"""Models of Anthropic."""

from collections.abc import AsyncIterator
from typing import Final, cast

import anthropic
import httpx2
from anthropic import AsyncAnthropic, omit
from anthropic.types import MessageParam

from chaingraph.errors import ChaingraphError, Rejected, Unavailable
from chaingraph.graph.facilities import ChatTurn, ModelCall
from chaingraph.graph.json_types import JsonObject, object_of
from chaingraph.graph.secrets import Secret
from chaingraph.outbound.providers import KnownModel
from chaingraph.outbound.refusals import no_answer, refusal

# The longest answer has to be given; these are what the older models can do.
MOST_TOKENS: Final = 16_000
MOST_TOKENS_OF: Final = {"claude-3-7": 16_000, "claude-3-5": 8_192, "claude-3-": 4_096}

# Errors that come after the beginning of an answer have no status of their own.
_STATUS_OF: Final = {"overloaded_error": 529, "api_error": 500, "rate_limit_error": 429, "timeout_error": 504}


class AnthropicModels:
    """`base_url`: None for the library's own."""

    def __init__(self, base_url: str | None) -> None:
        # The key belongs to the call.
        self._client = AsyncAnthropic(api_key="none", base_url=base_url)

    async def stream(self, call: ModelCall, model: KnownModel) -> AsyncIterator[str]:
        body = _body_of_call(call, model)
        async for event in self._events(body, call.api_key, call.idempotency_key):
            delta = object_of(event.get("delta"))
            if event.get("type") == "content_block_delta" and delta.get("type") == "text_delta":
                yield str(delta.get("text", ""))

    async def chat(self, turn: ChatTurn, model: KnownModel) -> AsyncIterator[JsonObject]:
        async for event in self._events(_body_of_turn(turn, model), turn.api_key, turn.idempotency_key):
            yield event

    async def _events(
        self, body: JsonObject, api_key: Secret | None, idempotency_key: str
    ) -> AsyncIterator[JsonObject]:
        if api_key is None:
            raise Rejected("API Key is required")
        client = self._client.with_options(
            api_key=api_key.word("apiKey", "value").strip(),
            default_headers={"Idempotency-Key": idempotency_key} if idempotency_key else None,
        )
        try:
            async for event in _whole_answer(client, body):
                yield event
        except anthropic.APIStatusError as error:
            raise _refused(error, api_key) from None
        except anthropic.APIConnectionError as error:
            raise no_answer(error.message) from error
        except anthropic.APIError as error:
            raise refusal(0, error.message, api_key) from None
        except httpx2.HTTPError as error:
            raise no_answer(str(error)) from error


async def _whole_answer(client: AsyncAnthropic, body: JsonObject) -> AsyncIterator[JsonObject]:
    """An answer that breaks off is none."""
    model, most_tokens, messages = body.pop("model"), body.pop("max_tokens"), body.pop("messages")
    stream = await client.messages.create(
        model=cast("str", model),
        max_tokens=cast("int", most_tokens),
        messages=cast("list[MessageParam]", messages),
        system=omit,
        stream=True,
        extra_body=body,
    )
    is_whole = False
    async with stream:
        async for event in stream:
            is_whole = is_whole or event.type == "message_stop"
            yield event.to_dict(mode="json", warnings=False)
    if not is_whole:
        raise Unavailable("the answer breaks off")


def _body_of_call(call: ModelCall, model: KnownModel) -> JsonObject:
    system = "\n\n".join(message.text for message in call.messages if message.role == "system")
    turns = [message for message in call.messages if message.role != "system"]
    body: JsonObject = {
        "model": model.name,
        "max_tokens": _most_tokens(model.name),
        "messages": [{"role": message.role, "content": message.text} for message in turns],
        "temperature": call.temperature if model.takes_temperature else None,
        "system": system,
    }
    return {name: part for name, part in body.items() if part not in ("", None)}


def _body_of_turn(turn: ChatTurn, model: KnownModel) -> JsonObject:
    thinks = turn.thinking_budget is not None
    body: JsonObject = {
        "model": model.name,
        "max_tokens": turn.max_tokens,
        "messages": list(turn.messages),
        "system": list(turn.system),
        "tools": list(turn.tools),
        "tool_choice": {"type": turn.tool_choice} if turn.tools else None,
        "thinking": _thinking(turn, model) if thinks else None,
        # Who thinks is not told how to sample.
        "temperature": turn.temperature if model.takes_temperature and not thinks else None,
    }
    return {name: part for name, part in body.items() if part not in ([], None)}


def _thinking(turn: ChatTurn, model: KnownModel) -> JsonObject:
    if model.takes_thinking_budget:
        return {"type": "enabled", "budget_tokens": turn.thinking_budget}
    return {"type": "adaptive"}


def _refused(error: anthropic.APIStatusError, api_key: Secret) -> ChaingraphError:
    problem = object_of(object_of(error.body).get("error"))
    status = _STATUS_OF.get(str(problem.get("type")), error.status_code)
    return refusal(status, str(problem.get("message") or error.message), api_key)


def _most_tokens(name: str) -> int:
    found = (most for beginning, most in MOST_TOKENS_OF.items() if name.startswith(beginning))
    return next(found, MOST_TOKENS)
