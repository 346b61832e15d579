"""Models of OpenAI, and of providers that speak its protocol."""

from collections.abc import AsyncIterator, Sequence
from typing import Final, cast

import httpx2
import openai
from openai import AsyncOpenAI, omit
from openai.types.chat import ChatCompletionMessageParam
from openai.types.chat.completion_create_params import ResponseFormat
from openai.types.responses import ResponseInputParam
from openai.types.shared_params import Reasoning

from chaingraph.errors import Rejected, Unavailable
from chaingraph.graph.facilities import ChatMessage, ModelCall
from chaingraph.outbound.providers import KnownModel, Provider
from chaingraph.outbound.refusals import no_answer, refusal

EFFORTS: Final = frozenset({"none", "minimal", "low", "medium", "high", "xhigh", "max"})


class OpenAIModels:
    """One provider. `base_url`: None for the library's own."""

    def __init__(self, base_url: str | None) -> None:
        # The key belongs to the call.
        self._client = AsyncOpenAI(api_key="none", base_url=base_url)

    async def stream(self, call: ModelCall, model: KnownModel) -> AsyncIterator[str]:
        if call.api_key is None:
            raise Rejected("API Key is required")
        client = self._client.with_options(
            api_key=call.api_key.word("apiKey", "value").strip(),
            default_headers={"Idempotency-Key": call.idempotency_key} if call.idempotency_key else None,
        )
        parts = _responses(client, call, model) if model.needs_responses else _completion(client, call, model)
        try:
            async for part in parts:
                yield part
        except openai.APIStatusError as error:
            raise refusal(error.status_code, error.message, call.api_key) from None
        except openai.APIConnectionError as error:
            raise no_answer(error.message) from error
        except openai.APIError as error:
            raise refusal(0, error.message, call.api_key) from None
        except httpx2.HTTPError as error:
            raise no_answer(str(error)) from error


async def _completion(client: AsyncOpenAI, call: ModelCall, model: KnownModel) -> AsyncIterator[str]:
    stream = await client.chat.completions.create(
        model=model.name,
        messages=cast("list[ChatCompletionMessageParam]", _messages(call.messages)),
        stream=True,
        temperature=call.temperature if model.takes_temperature else omit,
        reasoning_effort=_reasoning(call).get("effort", omit) if model.takes_effort else omit,
        response_format=_response_format(call, model) if call.answer_schema is not None else omit,
    )
    is_whole = False
    async with stream:
        async for chunk in stream:
            for choice in chunk.choices[:1]:
                is_whole = is_whole or choice.finish_reason is not None
                if choice.delta.content:
                    yield choice.delta.content
    if not is_whole:
        raise Unavailable("the answer breaks off")


async def _responses(client: AsyncOpenAI, call: ModelCall, model: KnownModel) -> AsyncIterator[str]:
    stream = await client.responses.create(
        model=model.name,
        input=cast("ResponseInputParam", _messages(call.messages)),
        stream=True,
        reasoning=_reasoning(call) or omit,
    )
    is_whole = False
    async with stream:
        async for event in stream:
            is_whole = is_whole or event.type in {"response.completed", "response.incomplete"}
            if event.type == "response.output_text.delta":
                yield event.delta
            elif event.type == "response.failed":
                error = event.response.error
                raise Unavailable(error.message if error is not None else "the model has failed")
    if not is_whole:
        raise Unavailable("the answer breaks off")


def _messages(messages: Sequence[ChatMessage]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.text} for message in messages]


def _reasoning(call: ModelCall) -> Reasoning:
    effort, summary = call.reasoning_effort, call.reasoning_summary
    chosen = {"effort": effort, "summary": summary or "auto"} if effort in EFFORTS else {}
    return cast("Reasoning", chosen)


def _response_format(call: ModelCall, model: KnownModel) -> ResponseFormat:
    if model.provider is Provider.OPENAI and call.answer_schema is not None:
        described = {"name": "answer", "schema": call.answer_schema, "strict": False}
        return cast("ResponseFormat", {"type": "json_schema", "json_schema": described})
    return {"type": "json_object"}
