"""MCP nodes: what they ask for, and what they make of the answer."""

from typing import Any

import pytest

from chaingraph.errors import Rejected, Unavailable
from chaingraph.graph.facilities import CallTool, GetPrompt, McpServer, ReadResource
from chaingraph.graph.redaction import REDACTED
from chaingraph.graph.secrets import KeptSecret, reference_value
from chaingraph.nodes.mcp import texts_redacted
from chaingraph.testing import FlowDraft, World, run_flow
from tests.fakes.facilities import FakeMcpServers, FakeSecretVault, facilities
from tests.node_bodies import FakeScope, ran

URL = "https://mcp.example/mcp"
CONNECTION: dict[str, object] = {"serverUrl": URL, "headers": []}
SECRET = reference_value(KeptSecret("string", "token"))
TEXT = {"type": "text", "text": "three"}


def asked(
    type_name: str, servers: FakeMcpServers, scope: FakeScope | None = None, /, **values: Any
) -> dict[str, Any]:
    scope = scope or FakeScope()
    vault = FakeSecretVault({"token": {"value": "abc"}})
    scope.facilities = facilities(mcp=servers, secrets=vault)
    return ran(type_name, scope, **{"connection": CONNECTION, **values})


def called(servers: FakeMcpServers, **values: object) -> dict[str, Any]:
    return asked("MCPToolCallNode", servers, **{"toolName": "add", **values})


def test_a_tool_is_called_with_the_arguments_that_are_given() -> None:
    servers = FakeMcpServers({"content": [TEXT], "structuredContent": {"sum": 3}})

    values = called(servers, arguments={"a": 1, "b": {"c": None}, "left": None})

    assert servers.asked == [(McpServer(URL), CallTool("add", {"a": 1, "b": {"c": None}}))]
    assert (values["content"], values["structuredContent"]) == ([TEXT], {"sum": 3})
    assert (values["contentStream"].buffer, values["contentStream"].is_closed) == ([TEXT], True)


def test_progress_is_streamed_while_the_tool_runs() -> None:
    steps: list[dict[str, object]] = [{"progress": 1, "total": 2, "message": "half"}, {"progress": 2}]
    scope = FakeScope()

    values = asked("MCPToolCallNode", FakeMcpServers(progress=steps), scope, toolName="add")

    stream = values["progressStream"]
    assert scope.resolved == ["progressStream"]
    assert (stream.buffer, stream.is_closed) == (steps, True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([{"type": "image"}, {"type": "text", "text": "no such city"}], "no such city"),
        ([], "The tool failed"),
    ],
)
def test_a_tool_that_fails_fails_the_node_with_its_text(content: list[object], message: str) -> None:
    with pytest.raises(Rejected, match=message):
        called(FakeMcpServers({"isError": True, "content": content}))


def test_a_server_that_does_not_answer_is_asked_again_if_the_node_says_so() -> None:
    servers = FakeMcpServers(Unavailable("no answer"), progress=[{"progress": 1}])
    retry = {"maxAttempts": 2, "backoffMs": 0}
    draft = FlowDraft()
    draft.add(
        "MCPToolCallNode",
        {"toolName": "add", "connection": CONNECTION},
        node_id="tool",
        metadata={"retry": retry},
    )

    flow = run_flow(draft, world=World(mcp=servers))

    stream = {"type": "stream", "buffer": [{"progress": 1}], "isClosed": True}
    flow.node("tool").assert_failed("no answer")
    flow.node("tool").assert_values(progressStream=stream)
    assert len(servers.asked) == 2


def test_a_resource_is_read() -> None:
    servers = FakeMcpServers({"contents": [{"uri": "note://ann", "text": "x"}]})

    values = asked("MCPResourceReadNode", servers, uri="note://{name}", arguments={"name": "ann", "n": 5})

    assert servers.asked == [(McpServer(URL), ReadResource("note://{name}", {"name": "ann", "n": "5"}))]
    assert values["resourceResult"] == {"contents": [{"uri": "note://ann", "text": "x"}]}


def test_a_prompt_is_fetched_with_texts_as_arguments() -> None:
    answer: dict[str, object] = {"description": "d", "messages": [{"role": "user", "content": TEXT}]}
    servers = FakeMcpServers(answer)

    values = asked("MCPPromptGetNode", servers, promptName="greet", arguments={"name": "ann", "list": [1]})

    assert servers.asked == [(McpServer(URL), GetPrompt("greet", {"name": "ann", "list": "[1]"}))]
    assert values["promptResult"] == answer


def test_variables_are_put_into_the_address_and_the_headers() -> None:
    servers = FakeMcpServers()
    connection = {
        "serverUrl": "https://{{host}}/mcp",
        "headers": [
            {"key": "Authorization", "value": "Bearer {{ token }}"},
            {"key": "X-Other", "value": "{{unknown}}"},
            {"key": "X-Secret", "value": SECRET},
            {"key": "", "value": "x"},
            {"key": "X-Empty", "value": None},
        ],
    }

    called(servers, connection=connection, templateVariables={"host": "mcp.example", "token": SECRET})

    ((server, _),) = servers.asked
    assert server == McpServer(
        URL, {"Authorization": "Bearer abc", "X-Other": "{{unknown}}", "X-Secret": "abc"}
    )
    assert "abc" not in repr(server)


def test_texts_of_variables_are_not_shown() -> None:
    assert texts_redacted({"a": "x", "b": "", "c": SECRET}) == {"a": REDACTED, "b": "", "c": SECRET}


@pytest.mark.parametrize(
    ("type_name", "values"),
    [
        ("MCPConnectionNode", {"connection": {"serverUrl": ""}}),
        ("MCPConnectionNode", {"connection": {"serverUrl": "file:///x"}}),
        ("MCPToolCallNode", {"toolName": "add", "connection": {}}),
        ("MCPToolCallNode", {"toolName": ""}),
        ("MCPResourceReadNode", {"uri": ""}),
        ("MCPPromptGetNode", {"promptName": ""}),
    ],
)
def test_what_is_needed_has_to_be_there(type_name: str, values: dict[str, Any]) -> None:
    servers = FakeMcpServers()

    with pytest.raises(Rejected):
        asked(type_name, servers, **values)

    assert servers.asked == []


def test_a_connection_is_passed_on() -> None:
    assert asked("MCPConnectionNode", FakeMcpServers())["connection"] == CONNECTION
