"""Models of Anthropic."""

from collections.abc import AsyncIterator
from typing import Final, cast

import anthropic
import httpx2
from anthropic import AsyncAnthropic, omit
from anthropic.types import MessageParam

from chaingraph.errors import Rejected
from chaingraph.graph.facilities import ModelCall
from chaingraph.outbound.providers import KnownModel
from chaingraph.outbound.refusals import no_answer, refusal

# The longest answer has to be given; these are what the older models can do.
MOST_TOKENS: Final = 16_000
MOST_TOKENS_OF: Final = {"claude-3-7": 16_000, "claude-3-5": 8_192, "claude-3-": 4_096}


class AnthropicModels:
    """`base_url`: None for the library's own."""

    def __init__(self, base_url: str | None) -> None:
        # The key belongs to the call.
        self._client = AsyncAnthropic(api_key="none", base_url=base_url)

    async def stream(self, call: ModelCall, model: KnownModel) -> AsyncIterator[str]:
        if call.api_key is None:
            raise Rejected("API Key is required")
        client = self._client.with_options(
            api_key=call.api_key.word("apiKey", "value").strip(),
            default_headers={"Idempotency-Key": call.idempotency_key} if call.idempotency_key else None,
        )
        try:
            async for part in _parts(client, call, model):
                yield part
        except anthropic.APIStatusError as error:
            raise refusal(error.status_code, error.message, call.api_key) from None
        except anthropic.APIConnectionError as error:
            raise no_answer(error.message) from error
        except anthropic.APIError as error:
            raise refusal(0, error.message, call.api_key) from None
        except httpx2.HTTPError as error:
            raise no_answer(str(error)) from error


async def _parts(client: AsyncAnthropic, call: ModelCall, model: KnownModel) -> AsyncIterator[str]:
    turns = [message for message in call.messages if message.role != "system"]
    system = "\n\n".join(message.text for message in call.messages if message.role == "system")
    messages = [{"role": message.role, "content": message.text} for message in turns]
    stream = await client.messages.create(
        model=model.name,
        max_tokens=_most_tokens(model.name),
        messages=cast("list[MessageParam]", messages),
        system=system or omit,
        stream=True,
        extra_body={"temperature": call.temperature} if model.takes_temperature else None,
    )
    async with stream:
        async for event in stream:
            if event.type == "content_block_delta" and event.delta.type == "text_delta":
                yield event.delta.text


def _most_tokens(name: str) -> int:
    found = (most for beginning, most in MOST_TOKENS_OF.items() if name.startswith(beginning))
    return next(found, MOST_TOKENS)
