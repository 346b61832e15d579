"""Flows in which a model of Anthropic's uses nodes as tools: the model's side speaks the real protocol."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from chaingraph.engine.identity import TreeLimits
from chaingraph.engine.in_memory import MemoryRun, run_in_memory
from chaingraph.engine.plan import plan_of
from chaingraph.engine.recorder import Record
from chaingraph.execution.events import Event
from chaingraph.execution.options import ExecutionOptions
from chaingraph.graph.document import load_flow
from chaingraph.graph.facilities import Facilities, HttpResponse
from chaingraph.graph.secrets import KeptSecret, reference_value
from chaingraph.nodes.built_in import built_in_node_types
from chaingraph.outbound.language_models import ProviderModels
from chaingraph.outbound.providers import Provider
from tests.anthropic_server import (
    answer_of,
    bodies_of,
    conversation,
    text_block,
    thinking_block,
    tool_block,
)
from tests.fakes.facilities import FakeHttpClient, FakeSecretVault, facilities
from tests.flow_documents import edge, flow, node
from tests.unit.engine.stepping import identity
from tests.web_server import Answer, WebServer, never, web_server

pytestmark = pytest.mark.anyio

WORD = "hunter-two-2"
VAULT = FakeSecretVault({"llm": {"apiKey": "sk-1"}, "api": {"value": WORD}})
KEY = reference_value(KeptSecret("anthropic", "llm"))
USE_ADD = tool_block("add_up", {"a": 2, "b": 3})


@dataclass
class Talked:
    run: MemoryRun
    events: list[Event] = field(default_factory=list[Event])

    def values(self, node_id: str = "llm") -> dict[str, Any]:
        found = next(node for node in self.run.run.nodes if node.plan.node.id == node_id)
        return {str(port): value for port, value in found.values.items()}

    @property
    def error(self) -> str | None:
        return next(node.error for node in self.run.run.nodes if node.plan.node.id == "llm")

    @property
    def text(self) -> str:
        return b"\n".join(event.payload for event in self.events).decode()

    def logs(self) -> list[str]:
        return [payload["log"] for payload in self._payloads() if "log" in payload]

    def chunks(self) -> list[str]:
        """What a browser sees while the model writes."""
        return [text for payload in self._payloads() for text in payload.get("elements", ())]

    def _payloads(self) -> list[dict[str, Any]]:
        return [orjson.loads(event.payload) for event in self.events]


def document(
    tool: Mapping[str, Any] | None = None, *more: Mapping[str, Any], **values: Any
) -> dict[str, Any]:
    """A prompt, one node that is a tool, and the model; further nodes with their edges to the tool."""
    config = {"model": "claude-sonnet-4-6", "apiKey": KEY, **values.pop("config", {})}
    captured = dict(tool or adder())
    captured["metadata"] = {**captured["metadata"], "parentNodeId": "holder"}
    holder = node("NodeAsAnthropicToolNode", "holder")
    (schema,) = (port["config"] for port in holder["ports"] if port["config"]["key"] == "inputSchema")
    schema["ui"] = {"nodeSchemaCapture": {"enabled": True, "capturedNodeId": captured["id"]}}
    nodes = [
        node("AntropicSimplePromptNode", "prompt", prompt="How much?"),
        captured,
        holder,
        node("AntropicToolCollectorNode", "kit"),
        node("AntropicLLMCallNode", "llm", config=config, **values),
    ]
    edges = [
        edge("e1", "prompt.messages", "llm.messages"),
        edge("e2", "holder.tool", "kit.toolsInput[0]"),
        edge("e3", "kit.tools", "llm.tools"),
    ]
    return flow([*nodes, *(dict(each["node"]) for each in more)], [*edges, *(each["edge"] for each in more)])


def adder(**values: object) -> dict[str, Any]:
    found = node("MathNode", "adds", **{"operation": "add", **values})
    found["metadata"]["title"] = "Add up!"
    return found


async def talked(server: WebServer, source: Mapping[str, Any], http: FakeHttpClient | None = None) -> Talked:
    models = ProviderModels({Provider.ANTHROPIC: server.url}, {}, lambda: datetime(2026, 1, 1, tzinfo=UTC))
    world = facilities(http=http, secrets=VAULT)
    events: list[Event] = []

    def keep(_: object, record: Record) -> None:
        events.extend(record.events)

    run = await run_in_memory(
        plan_of(load_flow(source, built_in_node_types())),
        identity=identity(),
        options=ExecutionOptions(),
        limits=TreeLimits(),
        clock=lambda: 0,
        on_record=keep,
        facilities=Facilities(world.http, world.secrets, models, world.mcp, world.expressions),
    )
    return Talked(run, events)


async def answered(
    *answers: Answer, source: Mapping[str, Any] | None = None, http: FakeHttpClient | None = None
) -> tuple[Talked, list[dict[str, Any]]]:
    async with web_server(conversation(*answers)) as server:
        return await talked(server, source or document(), http), bodies_of(server)


async def test_a_model_uses_a_node_of_the_flow_and_answers() -> None:
    asks = answer_of(thinking_block("Sums."), text_block("Let me see. "), USE_ADD, stop="tool_use")
    ended, bodies = await answered(asks, answer_of(text_block("It is ", "5.")))

    assert ended.error is None
    values = ended.values()
    assert values["responseStream"].buffer == ["Let me see. ", "It is ", "5."]
    assert values["responseStream"].is_closed
    assert "".join(ended.chunks()) == "Let me see. It is 5."
    assert values["responseContent"] == [{"type": "text", "text": "It is 5."}]
    assert values["tokenUsage"] == {"input_tokens": 20, "output_tokens": 14}
    assert values["completeResponse"]["stop_reason"] == "end_turn"
    assert bodies[0]["tools"] == [
        {
            "name": "add_up",
            "description": bodies[0]["tools"][0]["description"],
            "input_schema": {
                "type": "object",
                "properties": bodies[0]["tools"][0]["input_schema"]["properties"],
            },
        }
    ]
    assert bodies[0]["tools"][0]["input_schema"]["properties"]["a"] == {"type": ["number", "null"]}


async def test_what_the_model_thought_and_asked_for_is_sent_back_with_the_result() -> None:
    asks = answer_of(thinking_block("Su", "ms."), USE_ADD, stop="tool_use")
    ended, bodies = await answered(asks, answer_of(text_block("5")))

    question, reply, result = bodies[1]["messages"]
    assert question == {"role": "user", "content": [{"type": "text", "text": "How much?"}]}
    assert reply == {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "Sums.", "signature": "signed"},
            {"type": "tool_use", "id": "toolu_1", "name": "add_up", "input": {"a": 2, "b": 3}},
        ],
    }
    assert result["content"] == [{"type": "tool_result", "tool_use_id": "toolu_1", "content": '{"result":5}'}]
    assert ended.values()["completeResponse"]["messages"][:2] == [reply, result]


async def test_the_captured_node_itself_never_runs() -> None:
    ended, _ = await answered(answer_of(text_block("No tool needed.")))

    assert "result" not in ended.values("adds") or not ended.values("adds")["result"]


async def test_thinking_is_asked_for() -> None:
    features = {"thinking": {"enabled": True, "budget_tokens": 2048}}
    _, bodies = await answered(answer_of(text_block("5")), source=document(features=features))

    assert bodies[0]["thinking"] == {"type": "enabled", "budget_tokens": 2048}


async def test_a_system_text_and_limits_are_told() -> None:
    source = document(system="Be short.", config={"max_tokens": 77, "temperature": 0.25})
    _, bodies = await answered(answer_of(text_block("5")), source=source)

    assert bodies[0]["system"] == [{"type": "text", "text": "Be short."}]
    assert (bodies[0]["max_tokens"], bodies[0]["temperature"]) == (77, 0.25)


async def test_after_the_last_call_of_a_tool_the_model_has_to_answer() -> None:
    calls = [tool_block("add_up", {"a": 1, "b": count}, f"toolu_{count}") for count in (1, 2, 3)]
    source = document(config={"max_tool_calls": 2})
    ended, bodies = await answered(
        answer_of(*calls, stop="tool_use"), answer_of(text_block("Two.")), source=source
    )

    results = bodies[1]["messages"][-1]["content"]
    assert [result["content"] for result in results[:2]] == ['{"result":2}', '{"result":3}']
    assert results[2]["is_error"] is True
    assert "limit of 2" in results[2]["content"]
    assert [body["tool_choice"]["type"] for body in bodies] == ["auto", "none"]
    assert ended.logs() == ["Tool add_up, call 1 of at most 2", "Tool add_up, call 2 of at most 2"]


async def test_a_model_that_calls_a_tool_it_must_not_use_is_not_obeyed() -> None:
    source = document(config={"max_tool_calls": 0})
    ended, bodies = await answered(answer_of(USE_ADD, stop="tool_use"), source=source)

    assert (len(bodies), ended.logs()) == (1, [])
    assert ended.values()["completeResponse"]["stop_reason"] == "tool_use"


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (tool_block("subtract", {}), "there is no tool subtract"),
        (tool_block("add_up", "{broken"), "no JSON object"),
        (tool_block("add_up", "[1]"), "no JSON object"),
        (tool_block("add_up", {"c": 1}), "c: there is no such argument"),
        (tool_block("add_up", {"a": "many"}), "a: the value of a port of type number cannot be"),
        (tool_block("add_up", {"operation": "explode"}), "operation: must be one of"),
        (tool_block("add_up", {"a": 1, "b": 0, "operation": "divide"}), "Division by zero"),
        (tool_block("add_up", {"a": {"secret": {"type": "string", "name": "api"}}}), "cannot name a secret"),
    ],
)
async def test_a_call_that_fails_is_told_to_the_model(call: Any, problem: str) -> None:
    ended, bodies = await answered(answer_of(call, stop="tool_use"), answer_of(text_block("Sorry.")))

    (result,) = bodies[1]["messages"][-1]["content"]
    assert result["is_error"] is True
    assert problem in result["content"]
    assert ended.error is None


async def test_a_call_that_was_cut_off_is_not_made() -> None:
    ended, bodies = await answered(answer_of(tool_block("add_up", '{"a":'), stop="max_tokens"))

    assert len(bodies) == 1
    assert ended.values()["completeResponse"]["stop_reason"] == "max_tokens"
    assert ended.logs() == []


async def test_an_answer_that_pauses_is_asked_for_again() -> None:
    ended, bodies = await answered(
        answer_of(text_block("I sear"), stop="pause_turn"), answer_of(text_block("ched."))
    )

    assert bodies[1]["messages"][1] == {"role": "assistant", "content": [{"type": "text", "text": "I sear"}]}
    assert ended.values()["responseStream"].buffer == ["I sear", "ched."]


async def test_a_wired_input_is_not_the_models_to_fill() -> None:
    wired = {"node": node("NumberNode", "ten", num=10), "edge": edge("e4", "ten.num", "adds.b")}
    call = tool_block("add_up", {"a": 1})
    denied = tool_block("add_up", {"a": 1, "b": 1000}, "toolu_2")
    _, bodies = await answered(
        answer_of(call, denied, stop="tool_use"),
        answer_of(text_block("11")),
        source=document(None, wired),
    )

    assert "b" not in bodies[0]["tools"][0]["input_schema"]["properties"]
    results = bodies[1]["messages"][-1]["content"]
    assert results[0]["content"] == '{"result":11}'
    assert results[1]["content"] == "b: there is no such argument"


def getter() -> dict[str, Any]:
    return node(
        "HttpRequestNode",
        "get",
        baseUri="https://api.example",
        headers="X-Api-Key: {{secret}}",
        secret=reference_value(KeptSecret("string", "api")),
    )


async def test_a_secret_that_a_tool_reads_reaches_neither_the_model_nor_an_event() -> None:
    http = FakeHttpClient([HttpResponse(status=200, body=f"you sent {WORD}".encode())])
    call = tool_block("http_request", {"path": "/echo"})
    ended, bodies = await answered(
        answer_of(call, stop="tool_use"),
        answer_of(text_block("Done.")),
        source=document(getter()),
        http=http,
    )

    assert dict(http.sent[0].headers)["X-Api-Key"] == WORD
    assert WORD not in orjson.dumps(bodies).decode()
    assert "you sent [redacted]" in bodies[1]["messages"][-1]["content"][0]["content"]
    assert WORD not in ended.text
    assert "sk-1" not in ended.text


async def test_secret_inputs_of_a_tool_are_not_offered() -> None:
    _, bodies = await answered(answer_of(text_block("Done.")), source=document(getter()))

    properties = bodies[0]["tools"][0]["input_schema"]["properties"]
    assert "secret" not in properties
    assert {"path", "body"} <= properties.keys()
    assert bodies[0]["tools"][0]["input_schema"]["required"] == ["baseUri", "path"]


async def test_every_call_of_a_tool_has_an_idempotency_key_of_its_own() -> None:
    http = FakeHttpClient()
    posts = [
        tool_block("http_request", {"path": path, "method": "POST"}, f"toolu_{path}") for path in ("/a", "/b")
    ]
    for _ in range(2):
        await answered(
            answer_of(*posts, stop="tool_use"),
            answer_of(text_block("Done.")),
            source=document(getter()),
            http=http,
        )

    keys = [dict(request.headers)["Idempotency-Key"] for request in http.sent]
    assert keys[0] != keys[1]
    assert keys[:2] == keys[2:]
    assert keys[0].startswith("EXtest:llm:1-")


async def test_tools_of_one_name_get_names_of_their_own() -> None:
    source = document(tools=[])
    other = node("ToolsCollectionNode", "both")
    source["nodes"].append(other)
    source["edges"][2:] = [
        edge("e3", "kit.tools", "both.toolsInput"),
        edge("e4", "kit.tools", "both.toolsInput2"),
        edge("e5", "both.tools", "llm.tools"),
    ]
    call = tool_block("add_up_2", {"a": 2, "b": 2})
    _, bodies = await answered(answer_of(call, stop="tool_use"), answer_of(text_block("4")), source=source)

    assert [tool["name"] for tool in bodies[0]["tools"]] == ["add_up", "add_up_2"]
    assert bodies[1]["messages"][-1]["content"][0]["content"] == '{"result":4}'


async def test_a_failure_of_the_provider_fails_the_stream_and_the_node() -> None:
    ended, _ = await answered(answer_of(text_block("It"), stop="end_turn"), source=document(messages=[]))
    assert ended.error is None
    source = document(config={"apiKey": None})

    ended, bodies = await answered(source=source)

    assert (ended.error, bodies) == ("API Key is required", [])
    assert ended.values()["responseStream"].error == "API Key is required"


async def test_a_node_that_nobody_captures_is_no_tool() -> None:
    source = document()
    for each in source["nodes"]:
        each["metadata"].pop("parentNodeId", None)

    ended, bodies = await answered(source=source)

    assert bodies == []
    holder = next(node for node in ended.run.run.nodes if node.plan.node.id == "holder")
    assert "no other node captures it" in str(holder.error)


async def test_a_stopped_run_leaves_the_provider() -> None:
    async with web_server({"/v1/messages": lambda _: never()}) as server:
        running = asyncio.create_task(talked(server, document()))
        await server.arrived.wait()
        running.cancel()
        await asyncio.wait_for(server.gone.wait(), 10)

    with pytest.raises(asyncio.CancelledError):
        await running
