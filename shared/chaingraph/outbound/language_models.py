"""Language models of all providers."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from chaingraph.errors import Rejected
from chaingraph.graph.facilities import ChatTurn, ModelCall
from chaingraph.graph.json_types import JsonObject
from chaingraph.outbound.first_use import FirstUse
from chaingraph.outbound.providers import OPENAI_LIKE, Provider, known_model

if TYPE_CHECKING:
    from chaingraph.aws.bedrock import BedrockModels
    from chaingraph.outbound.anthropic_models import AnthropicModels
    from chaingraph.outbound.openai_models import OpenAIModels


class ProviderModels:
    """Implements `LanguageModels`. `endpoints`: where a provider is, if not where everybody knows it.

    The library of a provider is imported with its first call.
    """

    def __init__(
        self, endpoints: Mapping[Provider, str], environ: Mapping[str, str], now: Callable[[], datetime]
    ) -> None:
        self._endpoints = endpoints
        self._environ = environ
        self._now = now
        self._openai = {provider: FirstUse(self._open_openai(provider)) for provider in OPENAI_LIKE}
        self._anthropic = FirstUse(self._open_anthropic)
        self._bedrock = FirstUse(self._open_bedrock)

    async def stream(self, call: ModelCall) -> AsyncIterator[str]:
        model = known_model(call.model)
        match model.provider:
            case Provider.ANTHROPIC:
                parts = (await self._anthropic.get()).stream(call, model)
            case Provider.BEDROCK:
                temperature = call.temperature if model.takes_temperature else None
                parts = (await self._bedrock.get()).stream(call, model.name, temperature)
            case _:
                parts = (await self._openai[model.provider].get()).stream(call, model)
        async for part in parts:
            yield part

    async def chat(self, turn: ChatTurn) -> AsyncIterator[JsonObject]:
        model = known_model(turn.model)
        if model.provider is not Provider.ANTHROPIC:
            raise Rejected(f"{turn.model} is no model of Anthropic's")
        async for event in (await self._anthropic.get()).chat(turn, model):
            yield event

    def _open_openai(self, provider: Provider) -> Callable[[], "OpenAIModels"]:
        def opened() -> "OpenAIModels":
            from chaingraph.outbound.openai_models import OpenAIModels  # noqa: PLC0415

            return OpenAIModels(self._endpoints.get(provider, OPENAI_LIKE[provider]))

        return opened

    def _open_anthropic(self) -> "AnthropicModels":
        from chaingraph.outbound.anthropic_models import AnthropicModels  # noqa: PLC0415

        return AnthropicModels(self._endpoints.get(Provider.ANTHROPIC))

    def _open_bedrock(self) -> "BedrockModels":
        from chaingraph.aws.bedrock import BedrockModels  # noqa: PLC0415
        from chaingraph.aws.environment_credentials import EnvironmentCredentials  # noqa: PLC0415

        region = region_of(self._environ)
        endpoint = self._endpoints.get(Provider.BEDROCK) or f"https://bedrock-runtime.{region}.amazonaws.com"
        credentials = EnvironmentCredentials(self._environ)
        return BedrockModels(endpoint, region=region, credentials=credentials, now=self._now)


def region_of(environ: Mapping[str, str]) -> str:
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise Rejected("AWS_REGION is not set: it says which region's services are used")
    return region
