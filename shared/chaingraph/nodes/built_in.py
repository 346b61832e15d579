"""All built-in node types."""

from functools import cache
from itertools import chain
from typing import Final

from chaingraph.graph.node_types import NodeTypes
from chaingraph.nodes import (
    anthropic_chat,
    anthropic_tools,
    arithmetic,
    array_fields,
    arrays,
    basic_values,
    callbacks,
    conversions,
    dates,
    debug_log,
    delays,
    deserializer,
    enums,
    events,
    expressions,
    flow_control,
    group,
    http_request,
    llm,
    logic,
    mcp,
    merging,
    objects,
    regular_expressions,
    secrets,
    serializers,
    server_time,
    streams,
    string_operations,
    structured_output,
    sub_flows,
    templates,
    text,
)

FAMILIES: Final = (
    basic_values.NODE_TYPES,
    arithmetic.NODE_TYPES,
    logic.NODE_TYPES,
    flow_control.NODE_TYPES,
    merging.NODE_TYPES,
    delays.NODE_TYPES,
    callbacks.NODE_TYPES,
    sub_flows.NODE_TYPES,
    events.NODE_TYPES,
    group.NODE_TYPES,
    text.NODE_TYPES,
    string_operations.NODE_TYPES,
    conversions.NODE_TYPES,
    streams.NODE_TYPES,
    serializers.NODE_TYPES,
    deserializer.NODE_TYPES,
    enums.NODE_TYPES,
    regular_expressions.NODE_TYPES,
    templates.NODE_TYPES,
    server_time.NODE_TYPES,
    dates.NODE_TYPES,
    debug_log.NODE_TYPES,
    arrays.NODE_TYPES,
    array_fields.NODE_TYPES,
    objects.NODE_TYPES,
    expressions.NODE_TYPES,
    http_request.NODE_TYPES,
    llm.NODE_TYPES,
    structured_output.NODE_TYPES,
    anthropic_chat.NODE_TYPES,
    anthropic_tools.NODE_TYPES,
    mcp.NODE_TYPES,
    secrets.NODE_TYPES,
)


@cache
def built_in_node_types() -> NodeTypes:
    """The node types that every system knows, families in the order of the catalogue."""
    return NodeTypes.of(*chain.from_iterable(FAMILIES))
