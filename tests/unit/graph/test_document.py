"""Loading and writing flow documents."""

import json
from pathlib import Path

import orjson
import pytest

from chaingraph.errors import Rejected, TooLarge
from chaingraph.graph.document import dump_flow, load_flow
from chaingraph.graph.flow import SystemValues
from chaingraph.graph.limits import MAX_DOCUMENT_BYTES, MAX_NODES, MAX_PROBLEMS
from chaingraph.graph.node_types import NodeTypes
from chaingraph.ids import PortId
from chaingraph.nodes.built_in import built_in_node_types
from tests.conformance.stream_source import TestStreamSource
from tests.flow_documents import CASES, edge, flow, node, problems_of


def test_a_loaded_flow_has_nodes_and_edges_in_stored_order() -> None:
    document = flow(
        [node("NumberNode", "b", num=2), node("MathNode", "a", operation="add")],
        [edge("e1", "b.num", "a.a"), edge("e2", "b.num", "a.b")],
    )

    loaded = load_flow(document, built_in_node_types())

    assert [found.id for found in loaded.nodes] == ["b", "a"]
    assert [found.id for found in loaded.edges] == ["e1", "e2"]
    assert loaded.nodes[0].values == {"num": 2}
    assert list(loaded.nodes[1].ports) == ["a", "b", "operation", "result"]


def test_a_document_comes_back_with_everything_it_had() -> None:
    document = flow([node("TextNode", "t", text="hi")])
    document["viewport"] = {"zoom": 2}
    document["nodes"][0]["color"] = "red"
    document["nodes"][0]["ports"][0]["config"]["x-hint"] = [1, None, {"y": 1.5}]
    document["metadata"]["more"] = {"deep": True}

    assert dump_flow(load_flow(orjson.dumps(document), built_in_node_types())) == document


def test_every_part_that_may_be_missing_may_be_missing() -> None:
    port = {"config": {"key": "num", "type": "number", "direction": "passthrough"}}
    least = {"id": "n", "metadata": {"type": "NumberNode"}, "ports": [port], "schemaVersion": "v2"}

    loaded = load_flow({"nodes": [least]}, built_in_node_types())

    (only,) = loaded.nodes
    assert (loaded.id, loaded.metadata["name"]) == ("", "Untitled Flow")
    assert (only.status, only.category, only.values) == ("initialized", "basic-values", {})
    assert only.system == SystemValues(execute=True, success=True, error=False, error_message="")


def test_a_port_without_value_has_its_default_and_an_object_the_defaults_of_its_fields() -> None:
    document = flow([node("NumberNode", "n"), node("ObjectNode", "o", object={"two": 2, "extra": 1})])
    del document["nodes"][0]["ports"][0]["value"]
    document["nodes"][0]["ports"][0]["config"]["defaultValue"] = 7
    document["nodes"][1]["ports"][0]["config"]["schema"]["properties"] = {
        "one": {"type": "number", "defaultValue": 0},
        "two": {"type": "number", "defaultValue": 0},
        "three": {"type": "any"},
        "four": {"type": "object", "schema": {"properties": {"x": {"type": "string", "defaultValue": "d"}}}},
    }

    loaded = load_flow(document, built_in_node_types())

    assert loaded.nodes[0].values[PortId("num")] == 7
    assert (
        json.dumps(loaded.nodes[1].values[PortId("object")])
        == '{"one": 0, "two": 2, "four": {"x": "d"}, "extra": 1}'
    )


def test_all_problems_of_the_nodes_are_listed_with_their_places() -> None:
    text = node("TextNode", "t", text=True)
    text["connections"] = {"nowhere": [{"nodeId": "n", "portId": "num"}]}
    text["status"] = "sleepy"
    text["systemPorts"]["execute"]["id"] = "start"
    strange = node("TextNode", "s")
    strange["metadata"]["type"] = "NoSuchNode"
    strange["ports"][0]["config"]["direction"] = "sideways"

    found = problems_of(flow([node("NumberNode", "n", num="twelve"), text, strange, node("TextNode", "t")]))

    assert dict(found) == {
        "nodes[0].ports[0].value": "the value of a port of type number cannot be a text that is no number",
        "nodes[1].ports[0].value": "the value of a port of type string cannot be a boolean",
        "nodes[1].systemPorts.execute.id": "the id of this system port is always __execute",
        "nodes[1].status": "there is no node status 'sleepy'",
        "nodes[1].connections.nowhere": "the node has no such port",
        "nodes[2].metadata.type": "there is no node type 'NoSuchNode'",
        "nodes[2].ports[0].config.direction": "must be input, output or passthrough",
        "nodes[3].id": "there is another node 't'",
    }


def test_all_problems_of_the_edges_are_listed_with_their_places() -> None:
    edges = [
        edge("e1", "n.num", "t.text"),
        edge("e1", "n.num", "gone.text"),
        edge("e3", "n.other", "t.text"),
        edge("e4", "b.leftValue", "b.result"),
        edge("e5", "t.text", "b.rightValue"),
        edge("e6", "t.text", "b.rightValue"),
    ]

    found = problems_of(
        flow([node("NumberNode", "n"), node("TextNode", "t"), node("BranchNode", "b")], edges)
    )

    assert dict(found) == {
        "edges[0]": "Incompatible port types: number -> string",
        "edges[1].id": "there is another edge 'e1'",
        "edges[1].targetNodeId": "there is no node 'gone'",
        "edges[2].sourcePortId": "node 'n' has no port 'other'",
        "edges[3].sourcePortId": "an edge cannot begin at the input port 'leftValue'",
        "edges[3].targetPortId": "an edge cannot end at the output port 'result'",
        "edges[5]": "another edge joins t.text and b.rightValue already",
    }


@pytest.mark.parametrize(
    ("document", "part"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[]", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b'{"nodes": {}}', "nodes: must be a list"),
        (b'{"edges": 1}', "edges: must be a list"),
        (b'{"metadata": []}', "metadata: must be an object"),
        (b'{"id": 7}', "id: must be a text"),
        (b'{"nodes": [1]}', "nodes[0]: must be an object"),
        (b'{"nodes": [{}]}', "nodes[0].id: a node needs an id"),
        (b'{"edges": [1]}', "edges[0]: must be an object"),
        (b'{"edges": [{}]}', "edges[0].sourceNodeId: must be a text"),
        (b'{"a": ' + b"[" * 300 + b"]" * 300 + b"}", "not JSON that can be stored"),
    ],
)
def test_what_is_no_flow_document_is_refused_with_the_reason(document: bytes, part: str) -> None:
    with pytest.raises(Rejected) as refusal:
        load_flow(document, built_in_node_types())

    assert part in refusal.value.message


def test_a_document_over_the_limit_is_too_large() -> None:
    with pytest.raises(TooLarge):
        load_flow(b" " * (MAX_DOCUMENT_BYTES + 1), built_in_node_types())


def test_more_nodes_than_allowed_are_refused() -> None:
    document = flow([{"id": f"n{place}"} for place in range(MAX_NODES + 1)])

    assert problems_of(document) == [("nodes", "a flow may have 10000 nodes, this one has 10001")]


def test_a_refusal_is_not_longer_than_anybody_reads() -> None:
    with pytest.raises(Rejected) as refusal:
        load_flow(flow([{} for _ in range(MAX_PROBLEMS + 5)]), built_in_node_types())

    assert len(refusal.value.problems) == MAX_PROBLEMS + 1
    assert refusal.value.problems[-1].message == "and 5 more problems"


def test_the_type_in_the_metadata_counts() -> None:
    document = flow([node("TextNode", "t")])
    document["nodes"][0]["type"] = "SomethingElse"

    assert load_flow(document, built_in_node_types()).nodes[0].type == "TextNode"


def test_a_listener_does_not_run_by_itself_whatever_its_document_leaves_out() -> None:
    document = flow([node("EventListenerNodeV2", "l"), node("TextNode", "t")])
    del document["nodes"][0]["metadata"]["flowPorts"]

    loaded = load_flow(document, built_in_node_types())

    assert [found.runs_by_itself for found in loaded.nodes] == [False, True]


@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.stem)
def test_stored_flows_load_or_name_what_is_wrong(path: Path) -> None:
    case = json.loads(path.read_text())
    types = built_in_node_types().merged(NodeTypes.of(TestStreamSource))

    if {31, 33}.isdisjoint(case["deviates"]):
        loaded = load_flow(case["flow"], types)
        assert [found.id for found in loaded.nodes] == [found["id"] for found in case["flow"]["nodes"]]
    else:
        assert problems_of(case["flow"])


@pytest.mark.parametrize(
    ("field", "value", "path", "message"),
    [
        ("systemPorts", [], "systemPorts", "must be an object"),
        ("systemPorts", {"execute": 1}, "systemPorts.execute", "must be an object"),
        (
            "systemPorts",
            {"execute": {"value": "yes"}},
            "systemPorts.execute.value",
            "the value of a port of type boolean cannot be a text",
        ),
        ("connections", [], "connections", "must be an object"),
        ("ports", [5], "ports[0]", "a port needs a config"),
        ("status", 5, "status", "there is no node status 5"),
        ("metadata", {"type": "TextNode", "category": 5}, "metadata.category", "must be a text"),
        ("metadata", 5, "metadata.type", "a node needs a type"),
        ("id", "", "id", "a node needs an id"),
    ],
)
def test_a_wrong_field_of_a_node_is_refused(field: str, value: object, path: str, message: str) -> None:
    document = flow([{**node("TextNode", "t"), field: value}])

    assert problems_of(document) == [(f"nodes[0].{path}", message)]


def test_what_no_json_can_hold_is_refused() -> None:
    assert problems_of({"nodes": {1, 2}}) == []


def test_system_ports_keep_what_is_stored() -> None:
    document = flow([node("TextNode", "t")])
    document["nodes"][0]["systemPorts"] = {"execute": {"value": False}, "errorMessage": {"value": "old"}}

    (only,) = load_flow(document, built_in_node_types()).nodes

    assert only.system == SystemValues(execute=False, success=True, error=False, error_message="old")
