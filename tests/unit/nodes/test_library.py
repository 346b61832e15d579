"""The library has every node type that the reference engine (ChainGraph) offers, under its names."""

import pytest

from chaingraph.graph.catalogue import catalogue
from chaingraph.graph.json_types import object_of
from chaingraph.ids import PortId
from chaingraph.nodes.built_in import built_in_node_types

# Names of types are stored in flows; with titles, which editors show.
OFFERED = {
    "basic-values": {
        "NumberNode": "Number Node",
        "TextNode": "Text Node",
        "BooleanNode": "Boolean Node",
        "ObjectNode": "Object Node",
        "ArrayNode": "Array Node",
        "MarkdownTextNode": "Markdown Text",
        "HTMLPreviewNode": "HTML Preview",
    },
    "math": {
        "MathNode": "Math",
        "AndNode": "And",
        "OrNode": "Or",
        "NotNode": "Not",
        "RandomNode": "Random Number",
    },
    "flow": {
        "BranchNode": "Branch",
        "SwitchNode": "Switch",
        "GateNodeV2": "Gate",
        "EventEmitterNode": "Event Emitter",
        "EventListenerNodeV2": "Event Listener",
        "SleepNode": "Sleep",
        "IsRootExecutionNode": "Is Root Execution",
    },
    "group": {"GroupNode": "Group"},
    "data": {
        "NumberToStringNode": "Number to String",
        "StringLengthNode": "String Length",
        "TextSearchNode": "Text Search",
        "StreamBufferNode": "Stream Buffer",
        "OnStreamStarted": "On Stream Started",
    },
    "utilities": {
        "HttpRequestNode": "HTTP Request",
        "JSONSerializerNode": "JSON Serializer",
        "YAMLSerializerNode": "YAML Serializer",
        "JsonYamlDeserializerNode": "JSON/YAML Deserializer",
        "SchemaInferNode": "Schema Infer",
        "GetPortSchemaNode": "Get Port Schema",
        "StringToEnumNode": "String to Enum",
        "RegExpNode": "Regular Expression Processor",
        "HandlebarsTemplateNode": "Handlebars Template",
        "LangchainTemplateNode": "Langchain Template",
        "ServerTimeNode": "Server Time",
        "DebugLogNode": "Debug Log",
        "WaitForStream": "Wait For Stream",
    },
    "transforms": {
        "ArrayConcatNode": "Array Concat",
        "ArrayElementNode": "Array Element",
        "ArrayFirstNode": "Array First",
        "ArrayLastNode": "Array Last",
        "ArrayLengthNode": "Array Length",
        "ArraySliceNode": "Array Slice",
        "ArrayReverseNode": "Array Reverse",
        "ArrayPluckNode": "Array Pluck",
        "ArrayEmbedNode": "Array Embed",
        "ArrayPickNode": "Array Pick",
        "ArrayPartitionNode": "Array Partition",
        "ArrayReduceNode": "Array Reduce",
        "ArrayRemapNode": "Array Remap",
        "ArrayZipNode": "Array Zip",
        "ArrayZipMergeNode": "Array Zip Merge",
        "FilterArrayLuceneNode": "Filter Array (Lucene)",
        "ObjectKeysNode": "Object Keys",
        "ObjectValuesNode": "Object Values",
        "TypeFocusNode": "Type Focus",
        "TypeMergeNode": "Type Merge",
        "TypeUnwrapNode": "Type Unwrap",
        "TypeWrapNode": "Type Wrap",
    },
    "ai": {
        "LLMCallNode": "LLM Call",
        "LLMCallWithStructuredOutputNodeV2": "LLM Call with Structured Output",
    },
    "anthropic": {
        "AntropicLLMCallNode": "Anthropic LLM Call",
        "NodeAsAnthropicToolNode": "Node as Anthropic Tool",
        "AntropicSimplePromptNode": "Anthropic Simple Prompt",
        "AntropicToolCollectorNode": "Anthropic Tool Collector",
        "ToolsCollectionNode": "Tools Collection",
    },
    "mcp": {
        "MCPConnectionNode": "MCP Connection",
        "MCPToolCallNode": "MCP Tool Call",
        "MCPResourceReadNode": "MCP Resource Read",
        "MCPPromptGetNode": "MCP Prompt Get",
    },
    "secret": {"SecretNode": "", "UnencryptedSecret": "Unencrypted Secret"},
}
HIDDEN = ("GateNode", "EventListenerNode", "LLMCallWithStructuredOutputNode")

# Input, output and passthrough ports of types whose declarations are long, in the order of the reference.
PORTS = {
    "AntropicLLMCallNode": (
        "config features tools system messages responseStream responseContent tokenUsage completeResponse"
    ),
    "NodeAsAnthropicToolNode": "inputSchema tool",
    "AntropicSimplePromptNode": "prompt messages",
    "AntropicToolCollectorNode": "toolsInput toolsInput2 tools",
    "ToolsCollectionNode": "toolsInput toolsInput2 tools",
    "LLMCallNode": "model openaiReasoning apiKey prompt temperature outputStream",
    "LLMCallWithStructuredOutputNodeV2": "config outputSchema prompt structuredResponse",
    "LLMCallWithStructuredOutputNode": "config outputSchema prompt structuredResponse",
    "GateNode": "inputObject connectionsMap outputObject",
    "EventListenerNode": "eventName processedEventsOffset outputData",
    "EventListenerNodeV2": "eventName eventSchema processedEventsOffset eventPayload",
    "MCPToolCallNode": (
        "connection toolName templateVariables arguments outputSchema "
        "content structuredContent contentStream progressStream"
    ),
    "MCPResourceReadNode": "connection uri templateVariables arguments resourceResult progressStream",
    "MCPPromptGetNode": "connection promptName templateVariables arguments promptResult progressStream",
    "SchemaInferNode": "input options output",
    "GetPortSchemaNode": "input portSchema",
}


@pytest.mark.parametrize("category", OFFERED)
def test_every_type_of_a_category_is_there(category: str) -> None:
    known = built_in_node_types()

    for name, title in OFFERED[category].items():
        found = known.get(name)
        assert found is not None, name
        assert (found.category, found.hidden) == (category, False), name
        assert title in ("", found.title), name


@pytest.mark.parametrize("name", HIDDEN)
def test_an_older_form_runs_and_is_not_offered(name: str) -> None:
    found = built_in_node_types().get(name)

    assert found is not None
    assert found.hidden
    assert f'"{name}"' not in str(catalogue(built_in_node_types())).replace("'", '"')


@pytest.mark.parametrize("name", PORTS)
def test_the_ports_of_a_type(name: str) -> None:
    found = built_in_node_types().get(name)

    assert found is not None
    assert " ".join(found.declared_ports) == PORTS[name]


def test_limits_of_a_conversation_have_the_defaults_of_the_reference() -> None:
    found = built_in_node_types().get("AntropicLLMCallNode")

    assert found is not None
    config = object_of(found.declared_ports[PortId("config")].kind.unset())
    assert (config["max_tokens"], config["max_tool_calls"]) == (16_000, 20)
