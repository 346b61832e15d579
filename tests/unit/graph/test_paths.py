"""Port ids of children."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaingraph.graph.document import load_flow
from chaingraph.graph.flow import EXECUTE, Node
from chaingraph.graph.paths import port_at, split
from chaingraph.ids import PortId
from chaingraph.nodes.built_in import built_in_node_types
from tests.flow_documents import flow, node


@pytest.mark.parametrize(
    ("port_id", "parts"),
    [
        ("text", ("text", ())),
        ("user.tags[0].label", ("user", ("tags", 0, "label"))),
        ("array[10]", ("array", (10,))),
        ("gate.gate-input-1", ("gate", ("gate-input-1",))),
        ("a[01]", ("a[01]", ())),
        ("a..b", ("a..b", ())),
        ("a[b]", ("a[b]", ())),
        ("a[1", ("a[1", ())),
        (".a", (".a", ())),
        ("", ("", ())),
    ],
)
def test_a_port_id_is_a_root_and_steps_or_all_root(port_id: str, parts: object) -> None:
    assert split(PortId(port_id)) == parts


@given(st.text(alphabet="ab.[]01", max_size=8))
def test_steps_lead_back_to_the_port_id(port_id: str) -> None:
    root, steps = split(PortId(port_id))

    assert root + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps) == port_id


def only_node(type_name: str, config: dict[str, object]) -> Node:
    document = node(type_name, "n")
    document["ports"][-1]["config"].update(config)
    return load_flow(flow([document]), built_in_node_types()).nodes[0]


def kind_at(found: Node, port_id: str) -> str | None:
    port = port_at(found, PortId(port_id))
    return None if port is None else port.kind


def test_system_ports_belong_to_every_node() -> None:
    found = port_at(only_node("TextNode", {}), EXECUTE)

    assert found is not None
    assert (found.kind, found.direction) == ("boolean", "input")


def test_children_follow_the_schema() -> None:
    properties = {"tags": {"type": "array", "itemConfig": {"type": "string"}}}
    found = only_node("ObjectNode", {"schema": {"properties": properties}, "isSchemaMutable": False})

    assert kind_at(found, "object.tags[3]") == "string"
    assert kind_at(found, "object.other") is None
    assert kind_at(found, "object[0]") is None
    assert kind_at(found, "object.tags.length") is None
    assert kind_at(found, "object.tags[0].x") is None


def test_what_no_schema_describes_can_be_anything() -> None:
    mutable = only_node("ObjectNode", {"schema": {"properties": {}}, "isSchemaMutable": True})
    untyped = only_node("TypeUnwrapNode", {})

    assert kind_at(mutable, "object.any.thing[2]") == "any"
    assert kind_at(untyped, "element.any.thing[2]") == "any"


def test_an_any_port_has_the_children_of_what_it_stands_for() -> None:
    known = {"type": "object", "schema": {"properties": {"n": {"type": "number"}}}}
    found = only_node("TypeUnwrapNode", {"underlyingType": {"type": "any", "underlyingType": known}})

    assert kind_at(found, "element.n") == "number"
    assert kind_at(found, "element.m") is None


def test_an_array_has_elements_up_to_its_greatest_length() -> None:
    found = only_node("ArrayNode", {"itemConfig": {"type": "number"}, "maxLength": 3})

    assert kind_at(found, "array[2]") == "number"
    assert kind_at(found, "array[3]") is None
    assert kind_at(only_node("ArrayNode", {}), "array[99999999]") is None
