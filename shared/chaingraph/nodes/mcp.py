"""Servers of the Model Context Protocol: their tools, resources and prompts."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from chaingraph.errors import Rejected
from chaingraph.graph.declarations import Output, Passthrough
from chaingraph.graph.facilities import CallTool, GetPrompt, McpRequest, McpServer, ReadResource
from chaingraph.graph.json_texts import compact_json
from chaingraph.graph.json_types import JsonObject, list_of, object_of
from chaingraph.graph.kinds import Kind, any_value, array, number, record, secret, stream, string
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.graph.redaction import REDACTED, redacted
from chaingraph.graph.secrets import reference_of
from chaingraph.graph.streams import Stream
from chaingraph.nodes.script_values import as_text

CATEGORY: Final = "mcp"

_VARIABLE: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def server() -> Kind[JsonObject]:
    """A server; the value of a header may be a text or a secret."""
    return record(
        {"serverUrl": string(), "headers": array(record({"key": string(), "value": secret("string")}))}
    )


def variables() -> Kind[JsonObject]:
    return record(schema_is_mutable=True)


def texts_redacted(value: object) -> object:
    """For fields that mostly carry credentials."""
    return {key: _hidden(field) for key, field in object_of(value).items()}


def progress() -> Kind[Stream]:
    return stream(record({"progress": number(), "total": number(default=None), "message": string()}))


def block() -> Kind[JsonObject]:
    return record({"type": string(default="text"), "text": string()})


class MCPConnectionNode(NodeType, title="MCP Connection", category=CATEGORY, pure=True, tags=("mcp",)):
    """Holds the address of an MCP server and the headers to send to it."""

    connection = Passthrough(server(), required=True, redact=redacted)

    def run(self, scope: Scope) -> None:
        _checked_url(as_text(object_of(self.connection).get("serverUrl")))


class MCPToolCallNode(NodeType, title="MCP Tool Call", category=CATEGORY, tags=("mcp", "tool")):
    """Calls a tool. Gives up 30 s after the last sign of progress, 15 min after the start at the latest.

    In the server's URL and headers, {{name}} stands for a template variable, which may be a secret.
    """

    connection = Passthrough(server(), redact=redacted)
    tool_name = Passthrough(string(), required=True)
    template_variables = Passthrough(variables(), redact=texts_redacted)
    arguments = Passthrough(record(schema_is_mutable=True))
    output_schema = Passthrough(record(schema_is_mutable=True))
    content = Output(array(block()))
    structured_content = Output(record())
    content_stream = Output(stream(block()))
    progress_stream = Output(progress())

    async def run(self, scope: Scope) -> None:
        if not self.tool_name:
            raise Rejected("The name of the tool is required")
        tool = CallTool(as_text(self.tool_name), _given(self.arguments))
        result = await asked(self, tool, scope)
        blocks = list_of(result.get("content"))
        if result.get("isError") is True:
            raise Rejected(_first_text(blocks) or "The tool failed")
        self.content = [object_of(part) for part in blocks]
        self.structured_content = object_of(result.get("structuredContent"))
        for part in self.content:
            self.content_stream.send(part)
        self.content_stream.close()


class MCPResourceReadNode(NodeType, title="MCP Resource Read", category=CATEGORY, tags=("mcp", "resource")):
    """Reads a resource; with arguments, the URI is a template (RFC 6570)."""

    connection = Passthrough(server(), redact=redacted)
    uri = Passthrough(string(), required=True)
    template_variables = Passthrough(variables(), redact=texts_redacted)
    arguments = Passthrough(record(schema_is_mutable=True))
    resource_result = Output(record({"contents": array(any_value())}))
    progress_stream = Output(progress())

    async def run(self, scope: Scope) -> None:
        if not self.uri:
            raise Rejected("The URI of the resource is required")
        resource = ReadResource(as_text(self.uri), _texts(self.arguments))
        self.resource_result = await asked(self, resource, scope)


class MCPPromptGetNode(NodeType, title="MCP Prompt Get", category=CATEGORY, tags=("mcp", "prompt")):
    """Fetches a prompt's messages."""

    connection = Passthrough(server(), redact=redacted)
    prompt_name = Passthrough(string(), required=True)
    template_variables = Passthrough(variables(), redact=texts_redacted)
    arguments = Passthrough(record(schema_is_mutable=True))
    prompt_result = Output(record({"description": string(), "messages": array(any_value())}))
    progress_stream = Output(progress())

    async def run(self, scope: Scope) -> None:
        if not self.prompt_name:
            raise Rejected("The name of the prompt is required")
        prompt = GetPrompt(as_text(self.prompt_name), _texts(self.arguments))
        self.prompt_result = await asked(self, prompt, scope)


Asking = MCPToolCallNode | MCPResourceReadNode | MCPPromptGetNode


async def asked(node: Asking, request: McpRequest, scope: Scope) -> JsonObject:
    """The server's answer; its progress is in the node's stream meanwhile."""
    heard = node.progress_stream
    scope.resolve("progressStream")
    known = await server_of(object_of(node.connection), object_of(node.template_variables), scope)
    answer = await scope.facilities.mcp.ask(known, request, heard.send)
    heard.close()
    return answer


async def server_of(
    connection: Mapping[str, object], variables: Mapping[str, object], scope: Scope
) -> McpServer:
    """Variables put in, secrets revealed."""
    known = {name: await _revealed(value, scope) for name, value in variables.items()}
    url = _filled(as_text(connection.get("serverUrl")), known)
    headers: dict[str, str] = {}
    for header in map(object_of, list_of(connection.get("headers"))):
        name, value = as_text(header.get("key")).strip(), header.get("value")
        if name and value is not None:
            headers[name] = _filled(await _revealed(value, scope), known)
    return McpServer(_checked_url(url), {name: value for name, value in headers.items() if value})


async def _revealed(value: object, scope: Scope) -> str:
    if reference_of(value) is None:
        return as_text(value)
    return (await scope.reveal(value)).word("value", "apiKey").strip()


def _filled(template: str, known: Mapping[str, str]) -> str:
    """A variable that is not known stays as it is written."""
    return _VARIABLE.sub(lambda found: known.get(found[1], found[0]), template)


def _checked_url(url: str) -> str:
    if not url:
        raise Rejected("The URL of the MCP server is required")
    if urlsplit(url).scheme not in {"http", "https"}:
        raise Rejected("The URL of an MCP server begins with http:// or https://")
    return url


def _given(arguments: object) -> JsonObject:
    """Null stands for an argument that is not given."""
    return {name: value for name, value in object_of(arguments).items() if value is not None}


def _texts(arguments: object) -> dict[str, str]:
    """Arguments of prompts and templates are texts."""
    given = _given(arguments).items()
    return {name: value if isinstance(value, str) else compact_json(value) for name, value in given}


def _first_text(blocks: list[object]) -> str:
    texts = (object_of(part).get("text") for part in blocks)
    return next((text for text in texts if isinstance(text, str) and text), "")


def _hidden(field: object) -> object:
    return REDACTED if isinstance(field, str) and field else field


NODE_TYPES = (MCPConnectionNode, MCPToolCallNode, MCPResourceReadNode, MCPPromptGetNode)
