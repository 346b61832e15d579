"""Flow documents as an editor would store them, from a few words."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.flow_documents import edge, node

Nodes = Mapping[str, tuple[str, Mapping[str, object]]]
"""By node id: the node type, and the values of ports that differ from their defaults."""


def flow_document(name: str, nodes: Nodes, edges: Iterable[str] = ()) -> dict[str, Any]:
    """An edge is written `source.port -> target.port`. Without an id, the document gets one when stored."""
    return {
        "metadata": {"name": name, "schemaVersion": "v2"},
        "nodes": [node(type_name, node_id, **values) for node_id, (type_name, values) in nodes.items()],
        "edges": [edge(f"e{place}", *text.split(" -> ")) for place, text in enumerate(edges, start=1)],
    }


def chain_of_sleeps(count: int, milliseconds: int) -> dict[str, Any]:
    """`s1` to `s{count}`, each beginning when the one before it has ended."""
    nodes = {f"s{n}": ("SleepNode", {"duration": milliseconds}) for n in range(1, count + 1)}
    edges = [f"s{n}.__success -> s{n + 1}.__execute" for n in range(1, count)]
    return flow_document(f"{count} sleeps", nodes, edges)
