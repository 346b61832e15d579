"""Calls of language models whose answer is an object of a described form."""

import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, Protocol, cast

from chaingraph.errors import Rejected
from chaingraph.graph.declarations import Output, Passthrough
from chaingraph.graph.defaults import properties_of
from chaingraph.graph.facilities import ChatMessage, ModelCall
from chaingraph.graph.json_texts import compact_json
from chaingraph.graph.json_types import JsonObject, is_object, object_of
from chaingraph.graph.kinds import Kind, any_value, enum, number, record, secret, string
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.nodes.json_schemas import described_part, json_schema
from chaingraph.nodes.language_models import MODELS
from chaingraph.nodes.script_json import parsed_json
from chaingraph.nodes.script_values import as_text, finite

MOST_ATTEMPTS: Final = 3
MOST_PROBLEMS: Final = 5

RULES: Final = """\
Answer with one JSON object and nothing else: no explanation, no markdown.
The object has to conform to this JSON schema; use its names and types exactly, and give every property that \
you can, null for what is not known:
"""

_FENCE: Final = re.compile(r"\A\s*```\w*\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)

Check = Callable[[object], str | None]
"""What is wrong with an answer, or None."""


def llm_config() -> Kind[JsonObject]:
    return record(
        {
            "model": enum(MODELS, default="gpt-4.1-mini"),
            "apiKey": secret("openai"),
            "temperature": number(minimum=0, maximum=1, step=0.01),
        }
    )


class LLMCallWithStructuredOutputNodeV2(
    NodeType, title="LLM Call with Structured Output", category="ai", tags=("ai", "llm", "json", "schema")
):
    """Asks a language model for an object of the output schema.

    An answer that does not conform is sent back with what is wrong with it, three attempts in all.
    """

    config = Passthrough(llm_config())
    output_schema = Passthrough(record(schema_is_mutable=True))
    prompt = Passthrough(string(), ui={"isTextArea": True})
    structured_response = Output(record())

    async def run(self, scope: Scope) -> None:
        self.structured_response = await answered(self.config, self.prompt, scope)


class EarlierLLMCallWithStructuredOutputNode(
    NodeType,
    title="LLM Call with Structured Output",
    category="ai",
    type_name="LLMCallWithStructuredOutputNode",
    hidden=True,
):
    """The older form, whose schema is that of what is connected."""

    config = Passthrough(llm_config())
    output_schema = Passthrough(any_value())
    prompt = Passthrough(string(), ui={"isTextArea": True})
    structured_response = Output(record())

    async def run(self, scope: Scope) -> None:
        self.structured_response = await answered(self.config, self.prompt, scope)


async def answered(config: JsonObject, prompt: object, scope: Scope) -> JsonObject:
    """The model's answer to a prompt, as the ports of the node describe it."""
    described = _described(scope)
    schema = json_schema({**described, "required": True})
    # Loading the library takes longer than most flows.
    check = await asyncio.to_thread(_check_of, schema)
    call = await _call(object_of(config), as_text(prompt), schema, scope)
    answer = await _Conversation(scope, check).answer(call)
    return object_of(described_part(described, answer))


async def _call(config: JsonObject, prompt: str, schema: JsonObject, scope: Scope) -> ModelCall:
    key = config.get("apiKey")
    return ModelCall(
        model=as_text(config.get("model")),
        messages=(ChatMessage("system", RULES + compact_json(schema)), ChatMessage("user", prompt)),
        api_key=None if key is None else await scope.reveal(key),
        temperature=finite(config.get("temperature")),
        answer_schema=schema,
    )


@dataclass(frozen=True, slots=True)
class _Conversation:
    scope: Scope
    check: Check

    async def answer(self, call: ModelCall) -> JsonObject:
        problem = ""
        for attempt in range(1, MOST_ATTEMPTS + 1):
            asked = replace(call, idempotency_key=f"{self.scope.idempotency_key}:{attempt}")
            text = "".join([part async for part in self.scope.facilities.models.stream(asked)])
            found, problem = self._read(text)
            if found is not None:
                return found
            self.scope.log(f"Attempt {attempt} of {MOST_ATTEMPTS}: {problem}")
            call = replace(call, messages=(*call.messages, *_feedback(text, problem)))
        raise Rejected(f"Failed to generate structured output: {problem}")

    def _read(self, text: str) -> tuple[JsonObject | None, str]:
        try:
            found = parsed_json(_unfenced(text))
        except Rejected as refusal:
            return None, refusal.message
        problem = self.check(found)
        if not is_object(found):
            return None, problem or "the answer is not an object"
        return (found, "") if problem is None else (None, problem)


def _described(scope: Scope) -> JsonObject:
    """The configuration of the port that has the wanted fields."""
    for port in ("structuredResponse", "outputSchema"):
        config = dict(scope.port_config(port))
        for found in (config, object_of(config.get("underlyingType"))):
            if properties_of(found):
                return found
    raise Rejected("The output schema has no fields")


def _feedback(text: str, problem: str) -> tuple[ChatMessage, ChatMessage]:
    return (
        ChatMessage("assistant", text or "(no answer)"),
        ChatMessage(
            "user", f"This answer is not valid: {problem}\nGive a JSON object that conforms to the schema."
        ),
    )


def _unfenced(text: str) -> str:
    """The inside of a block of code, if that is all there is."""
    fenced = _FENCE.match(text)
    return fenced[1] if fenced else text


class _Problem(Protocol):
    message: str
    absolute_path: Iterable[str | int]


class _Validator(Protocol):
    def iter_errors(self, instance: object) -> Iterable[_Problem]: ...


def _check_of(schema: JsonObject) -> Check:
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    validator = cast("_Validator", Draft202012Validator(schema))

    def check(answer: object) -> str | None:
        problems = islice(validator.iter_errors(answer), MOST_PROBLEMS)
        return "; ".join(map(_told, problems)) or None

    return check


def _told(problem: _Problem) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in problem.absolute_path)
    place = "".join(steps).removeprefix(".")
    return f"{place}: {problem.message}" if place else problem.message


NODE_TYPES = (LLMCallWithStructuredOutputNodeV2, EarlierLLMCallWithStructuredOutputNode)
