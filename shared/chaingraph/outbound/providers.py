"""Which provider a language model belongs to, by its name, and what such a model takes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Provider(StrEnum):
    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    DEEPSEEK = "deepseek"
    GEMINI = "gemini"
    GROQ = "groq"
    MOONSHOT = "moonshot"
    BEDROCK = "bedrock"


# Those that speak OpenAI's protocol; None is OpenAI itself.
OPENAI_LIKE: Final[Mapping[Provider, str | None]] = {
    Provider.OPENAI: None,
    Provider.DEEPSEEK: "https://api.deepseek.com",
    Provider.GEMINI: "https://generativelanguage.googleapis.com/v1beta/openai/",
    Provider.GROQ: "https://api.groq.com/openai/v1",
    Provider.MOONSHOT: "https://api.moonshot.ai/v1",
}

# Prefixes of model names; one with a slash is not part of the name that the provider knows.
_PREFIXES: Final[Mapping[str, Provider]] = {
    "openai/": Provider.OPENAI,
    "anthropic/": Provider.ANTHROPIC,
    "groq/": Provider.GROQ,
    "bedrock/": Provider.BEDROCK,
    "claude": Provider.ANTHROPIC,
    "deepseek": Provider.DEEPSEEK,
    "gemini": Provider.GEMINI,
    "moonshot": Provider.MOONSHOT,
    "kimi": Provider.MOONSHOT,
    # Models in Bedrock, by maker and by inference profile.
    "arn:": Provider.BEDROCK,
    "amazon.": Provider.BEDROCK,
    "anthropic.": Provider.BEDROCK,
    "meta.": Provider.BEDROCK,
    "mistral.": Provider.BEDROCK,
    "us.": Provider.BEDROCK,
    "eu.": Provider.BEDROCK,
    "apac.": Provider.BEDROCK,
    "global.": Provider.BEDROCK,
}

_OPENAI_REASONING: Final = re.compile(r"o\d|gpt-[5-9](?!.*chat)|.*(?:reasoner|thinking)")
# Later ones refuse to be told how to sample.
_CLAUDE_SAMPLED: Final = re.compile(r"claude-(?:3-|(?:opus|sonnet|haiku)-4(?:-[0-6])?(?:-\d{8})?$)")
# These models are spoken to over another interface of OpenAI's.
_RESPONSES_ONLY: Final = re.compile(r"(?:o\d|gpt-\d\S*)-pro\b|gpt-\S*codex")


@dataclass(frozen=True, slots=True)
class KnownModel:
    """`name`: as the provider knows it."""

    provider: Provider
    name: str

    @property
    def takes_temperature(self) -> bool:
        """Models that reason by themselves take none."""
        match self.provider:
            case Provider.ANTHROPIC:
                return _CLAUDE_SAMPLED.match(self.name) is not None
            case Provider.BEDROCK:
                return "claude" not in self.name or _CLAUDE_SAMPLED.search(self.name) is not None
            case _:
                return _OPENAI_REASONING.match(self.name) is None

    @property
    def takes_thinking_budget(self) -> bool:
        """Later models of Anthropic's decide by themselves how long they think."""
        return _CLAUDE_SAMPLED.match(self.name) is not None

    @property
    def takes_effort(self) -> bool:
        return self.provider is Provider.OPENAI and _OPENAI_REASONING.match(self.name) is not None

    @property
    def needs_responses(self) -> bool:
        return self.provider is Provider.OPENAI and _RESPONSES_ONLY.match(self.name) is not None


def known_model(model: str) -> KnownModel:
    """A name without a known beginning is one of OpenAI's."""
    for prefix, provider in _PREFIXES.items():
        if model.startswith(prefix):
            return KnownModel(provider, model.removeprefix(prefix) if prefix.endswith("/") else model)
    return KnownModel(Provider.OPENAI, model)
