"""Documents in the legacy form."""

from typing import Any

from chaingraph.graph.document import dump_flow, load_flow
from chaingraph.nodes.built_in import built_in_node_types
from tests.flow_documents import edge, flow, node, problems_of, recorded_flow

TAGS = {"type": "array", "itemConfig": {"type": "string"}}
CHILDREN: dict[str, Any] = {
    "object:PO1": {
        "config": {
            "key": "object",
            "type": "object",
            "direction": "passthrough",
            "schema": {"properties": {"tags": TAGS}},
        },
        "value": {"tags": ["a", "b"]},
    },
    "tags:PO2": {"config": {**TAGS, "key": "tags", "parentId": "object:PO1"}},
    "1:PO3": {"config": {"key": "1", "type": "string", "parentId": "tags:PO2"}, "value": "b"},
}


def test_a_node_of_a_later_schema_is_refused() -> None:
    document = flow([node("TextNode", "t")])
    document["nodes"][0]["schemaVersion"] = "v3"

    assert problems_of(document)[0] == ("nodes[0].schemaVersion", 'schema "v3" is not supported')


def test_a_list_of_ports_needs_the_current_schema() -> None:
    document = flow([node("TextNode", "t")])
    del document["nodes"][0]["schemaVersion"]

    ((path, message),) = problems_of(document)
    assert path == "nodes[0].ports"
    assert "must be a record" in message


def test_a_legacy_document_is_written_in_the_current_schema() -> None:
    written: Any = dump_flow(load_flow(recorded_flow("legacy-v1-math"), built_in_node_types()))

    first = written["nodes"][0]
    assert written["metadata"]["schemaVersion"] == "v2"
    assert first["schemaVersion"] == "v2"
    assert first["connections"] == {"num": [{"nodeId": "MathNode:old2", "portId": "a"}]}
    assert first["ports"][0]["config"]["connections"] == [{"nodeId": "MathNode:old2", "portId": "a"}]
    assert [found["sourcePortId"] for found in written["edges"]] == ["num", "result", "result"]


def test_a_rewritten_legacy_document_is_loaded_as_it_is() -> None:
    written = dump_flow(load_flow(recorded_flow("legacy-v1-math"), built_in_node_types()))

    assert load_flow(written, built_in_node_types()).document == written


def test_legacy_children_are_found_under_their_paths() -> None:
    legacy = {"id": "o", "metadata": {"type": "ObjectNode"}, "ports": CHILDREN}
    document = flow([legacy, node("TextNode", "t")], [edge("e", "o.1:PO3", "t.text")])

    loaded = load_flow(document, built_in_node_types())

    assert loaded.edges[0].source_port == "object.tags[1]"
    assert list(loaded.nodes[0].ports) == ["object"]


def test_a_legacy_port_that_is_its_own_parent_is_refused() -> None:
    ports = {"a:1": {"config": {"key": "a", "type": "any", "parentId": "a:1"}}}
    legacy = {"id": "o", "metadata": {"type": "ObjectNode"}, "ports": ports}

    assert ("nodes[0].ports.a:1", "the port is its own parent") in problems_of(flow([legacy]))


def test_legacy_nodes_without_ports_and_other_things_in_their_place_are_read() -> None:
    legacy = {"id": "g", "metadata": {"type": "GroupNode"}}
    broken = {"id": "t", "metadata": {"type": "TextNode"}, "ports": {"text:PO1": 5}}

    assert load_flow({"nodes": [legacy], "edges": []}, built_in_node_types()).nodes[0].ports == {}
    assert problems_of({"nodes": [broken], "edges": [5]}) == [
        ("nodes[0].ports[0]", "a port needs a config"),
        ("edges[0]", "must be an object"),
    ]
