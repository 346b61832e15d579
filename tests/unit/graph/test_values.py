"""Values: how a run starts, how they cross an edge, how they are stored."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaingraph.errors import Rejected
from chaingraph.graph.document import load_flow
from chaingraph.graph.flow import Node, Port
from chaingraph.graph.missing import MISSING
from chaingraph.graph.paths import split
from chaingraph.graph.ports import read_root_port
from chaingraph.graph.streams import Stream, is_stream
from chaingraph.graph.values import assigned, copied, initial_values, run_value, stored_form, value_at
from chaingraph.ids import PortId
from chaingraph.nodes.built_in import built_in_node_types
from tests.flow_documents import flow, node

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=15,
)

HOME = {"type": "object", "schema": {"properties": {"city": {"type": "string"}, "zip": {"type": "number"}}}}


def port(kind: str, **config: Any) -> Port:
    found = read_root_port({"key": "p", "type": kind, "direction": "passthrough", **config}, "", [])
    assert found is not None
    return found


def person() -> Port:
    properties = {
        "name": {"type": "string"},
        "home": HOME,
        "tags": {"type": "array", "itemConfig": {"type": "string"}},
    }
    return port("object", schema={"properties": properties}, isSchemaMutable=True)


def only_node(document: dict[str, Any]) -> Node:
    (found,) = load_flow(flow([document]), built_in_node_types()).nodes
    return found


def at(path: str) -> tuple[str | int, ...]:
    return split(PortId(path))[1]


def test_every_run_starts_with_values_of_its_own() -> None:
    stored = only_node(node("ArrayNode", "a", array=[{"n": [1]}]))

    first: Any = initial_values(stored)
    first["array"][0]["n"].append(2)

    assert initial_values(stored)[PortId("array")] == [{"n": [1]}]


def test_a_stored_stream_is_another_stream_in_every_run() -> None:
    stored = only_node(
        node("StreamBufferNode", "b", inputStream={"type": "stream", "buffer": ["x"], "isClosed": True})
    )

    first, second = (initial_values(stored)[PortId("inputStream")] for _ in range(2))

    assert is_stream(first)
    assert is_stream(second)
    assert first is not second
    assert (first.buffer, first.is_closed) == (["x"], True)


def test_a_stream_inside_an_object_is_a_stream() -> None:
    fields = {"feed": {"type": "stream", "itemConfig": {"type": "string"}}}
    described = port("object", schema={"properties": fields})

    value: Any = run_value(described, {"feed": {"type": "stream", "buffer": [1], "isClosed": False}, "x": 1})

    assert is_stream(value["feed"])
    assert stored_form(described, value) == {
        "feed": {"type": "stream", "buffer": [1], "isClosed": False},
        "x": 1,
    }


@given(json_values)
def test_a_copy_is_equal_and_shares_nothing_that_can_change(value: Any) -> None:
    copy: Any = copied(value)

    assert copy == value
    if isinstance(value, list | dict):
        assert copy is not value
        before = json.dumps(value)
        copy.clear()
        assert json.dumps(value) == before


def test_what_nests_too_deeply_is_not_copied() -> None:
    value: list[Any] = []
    for _ in range(200):
        value = [value]

    with pytest.raises(Rejected, match="nest deeper"):
        copied(value)


@given(json_values)
def test_an_any_port_stores_json_as_it_is(value: Any) -> None:
    form = stored_form(port("any"), value)

    assert orjson.loads(orjson.dumps(form)) == value


@pytest.mark.parametrize(
    ("kind", "value", "form"),
    [
        ("string", "a", "a"),
        ("string", 1e21, "1e+21"),
        ("string", 3, "3"),
        ("string", True, "true"),
        ("string", None, None),
        ("string", MISSING, None),
        ("string", {"b": 1.0, "a": [None, "ü"]}, '{"b":1,"a":[null,"ü"]}'),
        ("string", [], "[]"),
        ("number", 2.5, 2.5),
        ("number", 3, 3),
        ("number", "12.50", 12.5),
        ("number", "many", "many"),
        ("number", 2**70, float(2**70)),
        ("array", [1], [1]),
        ("array", {"a": 1}, []),
        ("boolean", False, False),
        ("enum", "red", "red"),
        (
            "secret",
            {"encrypted": "a", "hkdfNonce": "b", "publicKey": "c"},
            {"encrypted": "a", "hkdfNonce": "b", "publicKey": "c"},
        ),
        ("secret", {"apiKey": "plain"}, None),
        ("any", [1, None, {"a": True}], [1, None, {"a": True}]),
        ("any", "\ud800", "\ufffd"),
        ("string", "a\ud83d\ude00", "a😀"),
        ("object", {"\ud800": ["\udfff"]}, {"\ufffd": ["\ufffd"]}),
    ],
)
def test_stored_forms(kind: str, value: object, form: object) -> None:
    assert stored_form(port(kind), value) == form


def test_what_cannot_be_stored_is_refused() -> None:
    with pytest.raises(Rejected, match="set cannot be stored"):
        stored_form(port("any"), [{1, 2}])


def test_values_are_found_at_paths() -> None:
    value = {"user": {"tags": [{"label": "x"}]}}

    assert value_at(value, at("p.user.tags[0].label")) == "x"
    assert value_at(value, at("p.user.tags[1]")) is MISSING
    assert value_at(value, at("p.user.name")) is MISSING
    assert value_at(7, at("p.user")) is MISSING


def test_scalars_and_arrays_are_replaced_and_not_cast() -> None:
    assert assigned(port("number"), 1, (), "two") == "two"
    assert assigned(port("array"), [1, 2, 3], (), [9]) == [9]
    assert assigned(port("number"), 1, (), MISSING) is MISSING


def test_an_object_takes_what_comes_keeps_its_schema_and_loses_the_rest() -> None:
    current = {"name": "old", "home": {"city": "Rome", "zip": 1, "extra": 2}, "other": 3}

    result = assigned(person(), current, (), {"home": {"zip": None}, "new": [1]})

    assert json.dumps(result) == '{"name": "old", "home": {"city": "Rome", "zip": null}, "new": [1]}'
    assert current == {"name": "old", "home": {"city": "Rome", "zip": 1, "extra": 2}, "other": 3}


def test_a_child_is_written_through_to_its_root() -> None:
    current: dict[str, Any] = {"name": "old", "home": {"city": "Rome"}, "tags": ["a"]}

    assert assigned(person(), current, at("p.home.zip"), 7) == {**current, "home": {"city": "Rome", "zip": 7}}
    assert assigned(person(), current, at("p.tags[2]"), "c") == {**current, "tags": ["a", None, "c"]}
    assert assigned(person(), current, at("p.name"), MISSING) == {"home": {"city": "Rome"}, "tags": ["a"]}
    assert assigned(person(), MISSING, at("p.home.city"), "Oslo") == {"home": {"city": "Oslo"}}
    assert current == {"name": "old", "home": {"city": "Rome"}, "tags": ["a"]}


def test_what_crosses_an_edge_is_copied() -> None:
    incoming: dict[str, Any] = {"tags": ["a"], "free": {"deep": [1]}}

    result: Any = assigned(person(), MISSING, (), incoming)
    result["tags"].append("b")
    result["free"]["deep"].append(2)

    assert incoming == {"tags": ["a"], "free": {"deep": [1]}}


def test_a_stream_crosses_an_edge_as_the_same_stream() -> None:
    stream = Stream()

    assert assigned(port("stream"), Stream(), (), stream) is stream
    assert copied(stream) is stream


@given(json_values, json_values)
def test_neither_side_of_an_edge_changes_when_a_value_crosses(current: Any, incoming: Any) -> None:
    before = json.dumps([current, incoming])

    result = assigned(person(), current, (), incoming)

    assert json.dumps([current, incoming]) == before
    if isinstance(incoming, dict):
        assert set(incoming) <= set(result)  # pyright: ignore[reportUnknownArgumentType, reportArgumentType]
