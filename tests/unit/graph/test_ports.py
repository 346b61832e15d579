"""Port configurations and stored values that do not fit them."""

from typing import Any

import pytest

from chaingraph.graph.document import load_flow
from chaingraph.ids import PortId
from chaingraph.nodes.built_in import built_in_node_types
from tests.flow_documents import flow, node, problems_of


def test_a_number_written_as_text_is_read_as_a_number() -> None:
    loaded = load_flow(flow([node("NumberNode", "n", num=" 12.50 ")]), built_in_node_types())

    assert loaded.nodes[0].values == {"num": 12.5}


def test_a_whole_number_of_any_length_is_read_as_a_float() -> None:
    loaded = load_flow(flow([node("NumberNode", "n", num=10**30)]), built_in_node_types())

    assert loaded.nodes[0].values == {"num": 1e30}


def test_a_schema_nested_too_deeply_is_refused() -> None:
    config: dict[str, Any] = {"type": "any"}
    for _ in range(70):
        config = {"type": "array", "itemConfig": config}
    document = flow([node("ArrayNode", "a")])
    document["nodes"][0]["ports"][1]["config"]["itemConfig"] = config

    ((_, message),) = problems_of(document)
    assert message == "nested deeper than 64 levels"


@pytest.mark.parametrize(
    ("config", "path", "message"),
    [
        ({"type": "color"}, ".type", "there is no port type 'color'"),
        ({"type": ["string"]}, ".type", "there is no port type ['string']"),
        ({"order": "first"}, ".order", "must be a number"),
        ({"id": "other"}, ".id", "the id of a root port must be its key 'text'"),
        ({"key": ""}, ".key", "a port needs a key"),
        ({"key": "__execute", "id": "__execute"}, ".key", "there is another port '__execute'"),
        ({"minLength": "3"}, ".minLength", "must be a number"),
        ({"pattern": "("}, ".pattern", "is not a regular expression"),
        ({"type": "enum", "options": "red"}, ".options", "must be a list of options"),
        ({"type": "object", "schema": []}, ".schema", "must be an object with properties"),
        ({"type": "array", "itemConfig": 1}, ".itemConfig", "must be a port configuration"),
        (
            {"type": "object", "schema": {"properties": {"x": {"type": "color"}}}},
            ".schema.properties.x.type",
            "there is no port type 'color'",
        ),
    ],
)
def test_a_wrong_port_configuration_is_refused(config: dict[str, Any], path: str, message: str) -> None:
    document = flow([node("TextNode", "t")])
    document["nodes"][0]["ports"][0]["config"].update(config)
    del document["nodes"][0]["ports"][0]["value"]

    assert problems_of(document) == [(f"nodes[0].ports[0].config{path}", message)]


@pytest.mark.parametrize(
    ("type_name", "key", "value", "message"),
    [
        ("BooleanNode", "flag", "true", "the value of a port of type boolean cannot be a text"),
        ("BooleanNode", "flag", 1, "the value of a port of type boolean cannot be a number"),
        ("ObjectNode", "object", "abc", "the value of a port of type object cannot be a text"),
        ("ArrayNode", "array", {}, "the value of a port of type array cannot be an object"),
        ("TextNode", "text", [], "the value of a port of type string cannot be a list"),
        ("StreamBufferNode", "inputStream", [], "the value of a port of type stream cannot be a list"),
        ("MathNode", "operation", 3, "the value of a port of type enum cannot be a number"),
    ],
)
def test_a_value_of_another_type_is_refused(type_name: str, key: str, value: object, message: str) -> None:
    assert [found for _, found in problems_of(flow([node(type_name, "n", **{key: value})]))] == [message]


def test_a_wrong_value_inside_a_value_is_refused_with_its_place() -> None:
    document = flow([node("ArrayNode", "a", array=[{"n": 1}, {"n": "x"}])])
    document["nodes"][0]["ports"][1]["config"]["itemConfig"] = {
        "type": "object",
        "schema": {"properties": {"n": {"type": "number"}}},
    }

    assert [path for path, _ in problems_of(document)] == ["nodes[0].ports[1].value[1].n"]


def test_an_option_that_is_no_longer_offered_is_loaded() -> None:
    loaded = load_flow(flow([node("MathNode", "m", operation="root")]), built_in_node_types())

    assert loaded.nodes[0].values[PortId("operation")] == "root"


def test_a_text_may_be_stored_as_a_number() -> None:
    loaded = load_flow(flow([node("TextNode", "t", text=1e21)]), built_in_node_types())

    assert loaded.nodes[0].values == {"text": "1e+21"}


def test_null_is_a_value_of_every_type() -> None:
    loaded = load_flow(flow([node("NumberNode", "n", num=None)]), built_in_node_types())

    assert loaded.nodes[0].values == {"num": None}
