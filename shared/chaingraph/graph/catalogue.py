"""The node types as an editor offers them, and new nodes as an editor would store them."""

import inspect
from copy import deepcopy
from dataclasses import dataclass
from typing import Final

from chaingraph.graph.defaults import default_value
from chaingraph.graph.flow import NodeDefinition
from chaingraph.graph.json_types import JsonList, JsonObject
from chaingraph.graph.missing import MISSING
from chaingraph.graph.node_types import NodeTypes
from chaingraph.graph.nodes import INITIALIZED, SCHEMA_VERSION
from chaingraph.graph.system_ports import SYSTEM_DEFAULTS, SYSTEM_NAMES


@dataclass(frozen=True, slots=True)
class Category:
    label: str
    description: str
    icon: str
    color: str


CATEGORIES: Final = {
    "basic-values": Category("Basic Values", "Values that are written down in the flow", "Box", "#8b5cf6"),
    "flow": Category("Flow Control", "What runs, and when", "GitBranch", "#0ea5e9"),
    "math": Category("Math", "Numbers and truth values", "Calculator", "#f59e0b"),
    "data": Category("Data", "Texts and streams", "Database", "#10b981"),
    "transforms": Category("Transforms", "Arrays and objects made from others", "Shuffle", "#14b8a6"),
    "utilities": Category("Utilities", "Formats, templates, logs", "Wrench", "#64748b"),
    "group": Category("Groups", "Nodes held together", "Group", "#a3a3a3"),
    "ai": Category("AI", "Language models", "Bot", "#ec4899"),
    "anthropic": Category("Anthropic", "Conversations with models of Anthropic's", "Bot", "#d97757"),
    "mcp": Category("MCP", "Tools and resources of MCP servers", "Plug", "#6366f1"),
    "secret": Category("Secrets", "Credentials for other nodes", "Key", "#0f766e"),
}


def catalogue(node_types: NodeTypes) -> JsonList:
    """The node types by category; hidden ones are left out."""
    by_category: dict[str, list[NodeDefinition]] = {}
    for node_type in node_types:
        if not node_type.hidden:
            by_category.setdefault(node_type.category, []).append(node_type)
    ordered = sorted(by_category, key=_place)
    return [
        {
            "category": category,
            "metadata": _category_metadata(category),
            "nodes": [_entry(node_type) for node_type in by_category[category]],
        }
        for category in ordered
    ]


def new_node_document(definition: NodeDefinition, node_id: str) -> JsonObject:
    """A node of this type as an editor stores it when it has just been added."""
    return {
        "id": node_id,
        "type": definition.type_name,
        "metadata": {**_metadata(definition), "version": 1},
        "status": INITIALIZED,
        "systemPorts": {
            name: {"id": port_id, "value": SYSTEM_DEFAULTS[port_id]} for name, port_id in SYSTEM_NAMES.items()
        },
        "ports": [_new_port({**config, "nodeId": node_id}) for config in _port_configs(definition)],
        "connections": {},
        "schemaVersion": SCHEMA_VERSION,
    }


def _place(category: str) -> tuple[int, str]:
    """Known categories first, in their order; then those of others by name."""
    known = list(CATEGORIES)
    return (known.index(category), "") if category in CATEGORIES else (len(known), category)


def _category_metadata(name: str) -> JsonObject:
    category = CATEGORIES.get(name) or Category(name, "", "Box", "#64748b")
    colors = {
        "primary": category.color,
        "secondary": category.color,
        "background": "#ffffff",
        "text": "#1f2937",
    }
    return {
        "id": name,
        "label": category.label,
        "description": category.description,
        "icon": category.icon,
        "colors": {"light": colors, "dark": {**colors, "background": "#1f2937", "text": "#ffffff"}},
        "order": _place(name)[0] + 1,
    }


def _entry(definition: NodeDefinition) -> JsonObject:
    ports = {str(config["key"]): config for config in _port_configs(definition)}
    return {"type": definition.type_name, "metadata": {**_metadata(definition), "portsConfig": ports}}


def _metadata(definition: NodeDefinition) -> JsonObject:
    metadata: JsonObject = {
        "type": definition.type_name,
        "title": definition.title,
        "category": definition.category,
        "description": _description(definition),
        "tags": list(definition.tags),
    }
    if not definition.runs_by_itself:
        metadata["flowPorts"] = {"disabledAutoExecution": True}
    return metadata


def _description(definition: NodeDefinition) -> str:
    """The class's own docstring; an inherited one describes something else."""
    return inspect.cleandoc(definition.__doc__) if definition.__doc__ else ""


def _port_configs(definition: NodeDefinition) -> list[JsonObject]:
    """Copies: whoever edits a document does not edit the declaration."""
    ports = enumerate(definition.declared_ports.values(), start=1)
    return [deepcopy(port.config(order)) for order, port in ports]


def _new_port(config: JsonObject) -> JsonObject:
    value = default_value(config)
    return {"config": config} if value is MISSING else {"config": config, "value": value}
