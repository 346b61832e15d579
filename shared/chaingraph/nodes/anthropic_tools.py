"""Tools and messages for conversations with models of Anthropic's."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from chaingraph.errors import Rejected
from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.json_types import JsonList, JsonObject, is_list, is_object, object_of
from chaingraph.graph.kinds import any_value, array, record, string
from chaingraph.graph.node_types import CapturedNode, NodeType, Scope
from chaingraph.nodes.json_schemas import json_schema
from chaingraph.nodes.script_values import as_text

CATEGORY: Final = "anthropic"

# Which node runs when the model calls the tool; not sent to the provider.
NODE_ID: Final = "nodeId"
LONGEST_NAME: Final = 64

_NOT_IN_NAMES: Final = re.compile(r"[^a-zA-Z0-9_-]+")


class NodeAsAnthropicToolNode(
    NodeType, title="Node as Anthropic Tool", category=CATEGORY, pure=True, tags=("anthropic", "tool")
):
    """Describes the node inside of it as a tool that a language model may use.

    The model fills those of its inputs that are neither wired nor secret.
    """

    input_schema = Input(record(schema_is_mutable=True), ui={"nodeSchemaCapture": {"enabled": True}})
    tool = Output(record())

    def run(self, scope: Scope) -> None:
        node_id = _captured_id(scope.port_config("inputSchema"))
        captured = scope.captured(node_id)
        self.tool = {
            "name": tool_name(captured.title),
            "description": captured.description,
            "input_schema": schema_of(captured),
            NODE_ID: node_id,
        }


class AntropicSimplePromptNode(
    NodeType, title="Anthropic Simple Prompt", category=CATEGORY, pure=True, tags=("anthropic", "prompt")
):
    """Makes a conversation of one message of the user's."""

    prompt = Input(string(), ui={"isTextArea": True})
    messages = Output(array(record({"role": string(), "content": array(record())})))

    def run(self, scope: Scope) -> None:
        text: JsonObject = {"type": "text", "text": as_text(self.prompt)}
        self.messages = [{"role": "user", "content": [text]}]


class AntropicToolCollectorNode(
    NodeType, title="Anthropic Tool Collector", category=CATEGORY, pure=True, tags=("anthropic", "tool")
):
    """Makes one list of the tools that come to it."""

    tools_input = Input(array(any_value()))
    tools_input_2 = Input(array(any_value()), key="toolsInput2")
    tools = Output(array(any_value()))

    def run(self, scope: Scope) -> None:
        self.tools = [*tools_in(self.tools_input), *tools_in(self.tools_input_2)]


class ToolsCollectionNode(
    NodeType, title="Tools Collection", category=CATEGORY, pure=True, tags=("anthropic", "tool")
):
    """Makes one list of two lists of tools."""

    tools_input = Input(array(any_value()))
    tools_input_2 = Input(array(any_value()), key="toolsInput2")
    tools = Output(array(any_value()))

    def run(self, scope: Scope) -> None:
        self.tools = [*tools_in(self.tools_input), *tools_in(self.tools_input_2)]


def tools_in(value: object) -> JsonList:
    """The tools of a list, of lists in it, and of an object that has them under names of its own."""
    if is_list(value):
        return [tool for element in value for tool in tools_in(element)]
    if not is_object(value) or not value:
        return []
    if "name" in value or "type" in value:
        return [value]
    return tools_in([*value.values()])


def tool_name(title: str) -> str:
    """A title in the letters that names of tools may have."""
    return _NOT_IN_NAMES.sub("_", title).strip("_").lower()[:LONGEST_NAME] or "tool"


def schema_of(captured: CapturedNode) -> JsonObject:
    """The JSON schema of the arguments that the node takes."""
    inputs = captured.inputs
    required = [name for name, config in inputs.items() if config.get("required") is True]
    schema: JsonObject = {
        "type": "object",
        "properties": {name: json_schema(_without_secrets(config)) for name, config in inputs.items()},
    }
    return {**schema, "required": required} if required else schema


def _captured_id(config: Mapping[str, object]) -> str:
    capture = object_of(object_of(config.get("ui")).get("nodeSchemaCapture"))
    node_id = capture.get("capturedNodeId")
    if not isinstance(node_id, str) or not node_id:
        raise Rejected("There is no node that could be the tool: put one into this node")
    return node_id


def _without_secrets(config: Mapping[str, object]) -> JsonObject:
    schema = object_of(config.get("schema"))
    properties = object_of(schema.get("properties"))
    if not properties:
        return dict(config)
    open_fields = {name: _without_secrets(field) for name, field in _open(properties.items())}
    return {**config, "schema": {**schema, "properties": open_fields}}


def _open(fields: Iterable[tuple[str, object]]) -> list[tuple[str, JsonObject]]:
    known = ((name, object_of(field)) for name, field in fields)
    return [(name, field) for name, field in known if field.get("type") != "secret"]


NODE_TYPES = (
    NodeAsAnthropicToolNode,
    AntropicSimplePromptNode,
    AntropicToolCollectorNode,
    ToolsCollectionNode,
)
