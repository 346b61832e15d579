"""Flow documents from a few words, of built-in node types and those of these tests."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from chaingraph.graph.catalogue import new_node_document
from chaingraph.graph.node_types import NodeTypes
from chaingraph.nodes.built_in import built_in_node_types
from tests.acceptance import node_types
from tests.flow_documents import edge

NODE_TYPES = built_in_node_types().merged(NodeTypes.of(*node_types.NODE_TYPES))

Sketch = str | tuple[str, Mapping[str, object]]
"""A node type, and the values of ports that differ from their defaults."""


def flow(nodes: Mapping[str, Sketch], *edges: str) -> dict[str, Any]:
    """An edge is written `source.port -> target.port`; `a => b` runs b when a has succeeded."""
    return {
        "id": "V2sketch",
        "metadata": {"id": "V2sketch", "name": "Sketch", "schemaVersion": "v2"},
        "nodes": [_node(node_id, sketch) for node_id, sketch in nodes.items()],
        "edges": [edge(f"e{place}", *_ends(text)) for place, text in enumerate(edges, start=1)],
    }


def _node(node_id: str, sketch: Sketch) -> dict[str, Any]:
    type_name, values = _told(sketch)
    definition = NODE_TYPES.get(type_name)
    assert definition is not None
    document: dict[str, Any] = new_node_document(definition, node_id)
    for port in document["ports"]:
        if port["config"]["key"] in values:
            port["value"] = deepcopy(values[port["config"]["key"]])
    return document


def _told(sketch: Sketch) -> tuple[str, Mapping[str, object]]:
    return (sketch, {}) if isinstance(sketch, str) else sketch


def _ends(text: str) -> tuple[str, str]:
    if " => " in text:
        source, target = text.split(" => ")
        return f"{source}.__success", f"{target}.__execute"
    source, target = text.split(" -> ")
    return source, target
