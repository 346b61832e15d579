"""Nodes that call language models."""

from typing import Any

import pytest

from chaingraph.errors import Rejected, Unavailable
from chaingraph.graph.facilities import ChatMessage
from chaingraph.graph.secrets import KeptSecret, Secret, reference_value
from chaingraph.nodes.json_schemas import described_part, json_schema
from chaingraph.testing import EndedFlow, FakeSecrets, FlowDraft, World, run_flow
from tests.fakes.facilities import FakeLanguageModels, FakeSecretVault, facilities
from tests.node_bodies import FakeScope, ran

KEY = reference_value(KeptSecret("openai", "key"))
REVEALED = Secret("openai", {"apiKey": "sk-1"})
CITY = {
    "type": "object",
    "schema": {
        "properties": {
            "name": {"type": "string", "required": True, "description": "of the city"},
            "people": {"type": "number", "integer": True, "min": 0},
            "tags": {"type": "array", "itemConfig": {"type": "string"}},
            "size": {"type": "enum", "options": [{"id": "small"}, {"id": "large"}]},
        }
    },
}


def called(models: FakeLanguageModels, scope: FakeScope | None = None, **values: object) -> dict[str, Any]:
    scope = scope or FakeScope()
    scope.facilities = facilities(models=models, secrets=FakeSecretVault({"key": {"apiKey": "sk-1"}}))
    return ran("LLMCallNode", scope, **{"apiKey": KEY, "prompt": "Hello", **values})


def test_the_answer_is_streamed_to_who_reads_it_from_the_start() -> None:
    models, scope = FakeLanguageModels([["Good ", "day"]]), FakeScope()

    values = called(models, scope, model="gpt-4o", temperature=0.5)

    (call,) = models.calls
    assert scope.resolved == ["outputStream"]
    assert (values["outputStream"].buffer, values["outputStream"].is_closed) == (["Good ", "day"], True)
    assert (call.model, call.temperature, call.api_key) == ("gpt-4o", 0.5, REVEALED)
    assert call.messages == (ChatMessage("user", "Hello"),)
    assert call.idempotency_key == "EXone:n"


def test_reasoning_is_passed_on() -> None:
    models = FakeLanguageModels()

    called(models, openaiReasoning={"effort": "low", "summary": None})

    assert (models.calls[0].model, models.calls[0].reasoning_effort) == ("gpt-5-mini", "low")
    assert models.calls[0].reasoning_summary is None


def ended_with(models: FakeLanguageModels) -> EndedFlow:
    """A call that may be tried again, and a reader of its words."""
    draft = FlowDraft()
    retry = {"maxAttempts": 3, "backoffMs": 60_000, "jitter": False}
    draft.add("SecretNode", {"secretID": "key"}, node_id="key")
    draft.add("LLMCallNode", {"prompt": "Hello"}, node_id="llm", metadata={"retry": retry})
    draft.add("StreamBufferNode", node_id="words")
    draft.join("key.secret", "llm.apiKey")
    draft.join("llm.outputStream", "words.inputStream")
    return run_flow(draft, world=World(models=models, secrets=FakeSecrets({"key": {"apiKey": "sk-1"}})))


def test_a_failure_after_the_first_word_ends_the_stream() -> None:
    models = FakeLanguageModels([["Good ", Unavailable("overloaded")]])

    flow = ended_with(models)

    flow.node("llm").assert_failed("overloaded")
    flow.node("llm").assert_values(outputStream={"type": "stream", "buffer": ["Good "], "isClosed": True})
    assert len(models.calls) == 1


def test_a_failure_before_the_first_word_is_tried_again_while_readers_wait() -> None:
    models = FakeLanguageModels([[Unavailable("overloaded")], [Unavailable("overloaded")], ["Good ", "day"]])

    flow = ended_with(models)

    flow.node("words").assert_values(buffer="Good day")
    assert {call.idempotency_key for call in models.calls} == {"EXtest:llm"}
    assert len(models.calls) == 3


def test_a_provider_that_knows_the_caller_needs_no_key() -> None:
    models = FakeLanguageModels()

    called(models, apiKey=None, model="bedrock/amazon.nova-pro-v1:0")

    assert models.calls[0].api_key is None


def test_a_call_does_not_show_its_key() -> None:
    models = FakeLanguageModels()

    called(models)

    assert "sk-1" not in repr(models.calls)


# ---------------------------------------------------------------- structured output


def structured(models: FakeLanguageModels, scope: FakeScope | None = None, **values: object) -> Any:
    scope = scope or FakeScope()
    scope.configs = {"structuredResponse": CITY}
    scope.facilities = facilities(models=models, secrets=FakeSecretVault({"key": {"apiKey": "sk-1"}}))
    config = {"model": "gpt-4.1-mini", "apiKey": KEY, "temperature": 0}
    values = {"config": config, "prompt": "Berlin?", **values}
    return ran("LLMCallWithStructuredOutputNodeV2", scope, **values)["structuredResponse"]


@pytest.mark.parametrize(
    "text", ['{"name": "Berlin", "more": 1}', '```json\n{"name": "Berlin"}\n```', ' \n{"name":\n"Berlin"}\n']
)
def test_an_answer_that_conforms_is_the_response(text: str) -> None:
    models, scope = FakeLanguageModels([[text]]), FakeScope()

    assert structured(models, scope) == {"name": "Berlin"}
    assert (len(models.calls), scope.logged) == (1, [])


def test_the_model_is_told_the_schema() -> None:
    models = FakeLanguageModels([['{"name": "Berlin"}']])

    structured(models)

    (call,) = models.calls
    assert call.answer_schema == json_schema({**CITY, "required": True})
    assert [message.role for message in call.messages] == ["system", "user"]
    assert '"people":{"type":["integer","null"],"minimum":0}' in call.messages[0].text
    assert (call.model, call.api_key, call.temperature) == ("gpt-4.1-mini", REVEALED, 0)


def test_an_answer_that_does_not_conform_is_sent_back_with_what_is_wrong() -> None:
    answers = [["Berlin is"], ['{"name": "Berlin", "people": "many"}'], ['{"name": "Berlin", "people": 3}']]
    models, scope = FakeLanguageModels(answers), FakeScope()

    assert structured(models, scope) == {"name": "Berlin", "people": 3}

    feedback = [message.text for message in models.calls[2].messages if message.role != "system"]
    assert feedback[1] == "Berlin is"
    assert "Invalid JSON" in feedback[2]
    assert "people: 'many' is not of type 'integer', 'null'" in feedback[4]
    assert [log.partition(":")[0] for log in scope.logged] == ["Attempt 1 of 3", "Attempt 2 of 3"]
    assert [call.idempotency_key for call in models.calls] == ["EXone:n:1", "EXone:n:2", "EXone:n:3"]


@pytest.mark.parametrize("text", ["[]", "null", "{}", ""])
def test_after_three_attempts_the_node_fails(text: str) -> None:
    models = FakeLanguageModels([[text]])

    with pytest.raises(Rejected, match="Failed to generate structured output"):
        structured(models)

    assert len(models.calls) == 3


def test_a_provider_that_fails_is_not_asked_again() -> None:
    models = FakeLanguageModels([[Unavailable("overloaded")]])

    with pytest.raises(Unavailable):
        structured(models)

    assert len(models.calls) == 1


def test_a_schema_without_fields_is_refused() -> None:
    with pytest.raises(Rejected, match="no fields"):
        ran("LLMCallWithStructuredOutputNodeV2", FakeScope(configs={"outputSchema": {"type": "object"}}))


def test_the_older_form_takes_the_schema_of_what_is_connected() -> None:
    scope = FakeScope(configs={"outputSchema": {"type": "any", "underlyingType": CITY}})
    scope.facilities = facilities(models=FakeLanguageModels([['{"name": "Berlin", "more": 1}']]))

    values = ran("LLMCallWithStructuredOutputNode", scope, config={"model": "gpt-4o"}, prompt="Berlin?")

    assert values["structuredResponse"] == {"name": "Berlin"}


@pytest.mark.parametrize(
    ("config", "schema"),
    [
        ({"type": "string", "required": True, "minLength": 1}, {"type": "string", "minLength": 1}),
        ({"type": "string"}, {"type": ["string", "null"]}),
        ({"type": "number", "max": 5}, {"type": ["number", "null"], "maximum": 5}),
        ({"type": "boolean", "title": "T"}, {"type": ["boolean", "null"], "description": "T"}),
        ({"type": "enum", "options": [{"id": "a"}]}, {"type": ["string", "null"], "enum": ["a", None]}),
        (
            {"type": "array", "itemConfig": {"type": "number"}, "required": True, "maxLength": 2},
            {"type": "array", "items": {"type": "number"}, "maxItems": 2},
        ),
        ({"type": "array", "required": True}, {"type": "array"}),
        ({"type": "any"}, {}),
        ({"type": "any", "underlyingType": {"type": "string"}, "required": True}, {"type": "string"}),
        ({"type": "stream"}, {}),
    ],
)
def test_the_schema_of_a_port(config: dict[str, object], schema: dict[str, object]) -> None:
    assert json_schema(config) == schema


def test_what_a_port_does_not_describe_is_left_out() -> None:
    inner = {"type": "object", "schema": {"properties": {"a": {"type": "number"}}}}
    outer = {"type": "object", "schema": {"properties": {"list": {"type": "array", "itemConfig": inner}}}}

    assert described_part(outer, {"list": [{"a": 1, "b": 2}, 3], "c": 1}) == {"list": [{"a": 1}, 3]}
