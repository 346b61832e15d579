"""Flow documents of built-in node types, as an editor would store them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from chaingraph.errors import Rejected
from chaingraph.graph.catalogue import new_node_document
from chaingraph.graph.document import load_flow
from chaingraph.nodes.built_in import built_in_node_types

CASES = Path(__file__).parent / "conformance" / "cases"


def node(type_name: str, node_id: str, **values: object) -> dict[str, Any]:
    """A new node with these port values."""
    definition = built_in_node_types().get(type_name)
    assert definition is not None
    document: dict[str, Any] = new_node_document(definition, node_id)
    for port in document["ports"]:
        if port["config"]["key"] in values:
            port["value"] = values[port["config"]["key"]]
    return document


def edge(edge_id: str, source: str, target: str) -> dict[str, Any]:
    """`edge("e1", "a.result", "b.input")`."""
    source_node, source_port = source.split(".", 1)
    target_node, target_port = target.split(".", 1)
    return {
        "id": edge_id,
        "sourceNodeId": source_node,
        "sourcePortId": source_port,
        "targetNodeId": target_node,
        "targetPortId": target_port,
    }


def flow(nodes: list[dict[str, Any]], edges: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    metadata = {"name": "x", "schemaVersion": "v2"}
    return {"id": "V2x", "metadata": metadata, "nodes": nodes, "edges": edges or []}


def recorded_flow(name: str) -> dict[str, Any]:
    """The flow of a conformance case."""
    return json.loads((CASES / f"{name}.json").read_text())["flow"]


def problems_of(document: bytes | Mapping[str, object]) -> list[tuple[str, str]]:
    """Path and message of everything that is wrong with the document."""
    with pytest.raises(Rejected) as refusal:
        load_flow(document, built_in_node_types())
    return [(problem.path, problem.message) for problem in refusal.value.problems]
