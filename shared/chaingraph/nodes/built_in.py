"""All built-in node types."""

from functools import cache

from chaingraph.graph.node_types import NodeTypes
from chaingraph.nodes import (
    arithmetic,
    basic_values,
    debug_log,
    events,
    flow_control,
    group,
    logic,
    streams,
    text,
)


@cache
def built_in_node_types() -> NodeTypes:
    """The node types that every system knows, families in the order of the catalogue."""
    return NodeTypes.of(
        basic_values.NumberNode,
        basic_values.TextNode,
        basic_values.BooleanNode,
        basic_values.ObjectNode,
        basic_values.ArrayNode,
        basic_values.MarkdownTextNode,
        basic_values.HTMLPreviewNode,
        arithmetic.MathNode,
        arithmetic.RandomNode,
        logic.AndNode,
        logic.OrNode,
        logic.NotNode,
        flow_control.BranchNode,
        flow_control.SwitchNode,
        flow_control.Gate,
        flow_control.EarlierGate,
        flow_control.SleepNode,
        flow_control.IsRootExecutionNode,
        events.EventEmitterNode,
        events.EventListener,
        events.EarlierEventListener,
        group.GroupNode,
        text.NumberToStringNode,
        text.StringLengthNode,
        text.TextSearchNode,
        streams.StreamBufferNode,
        streams.OnStreamStarted,
        streams.WaitForStream,
        debug_log.DebugLogNode,
    )
