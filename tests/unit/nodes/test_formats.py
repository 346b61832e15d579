"""JSON, YAML and options."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from chaingraph.errors import Rejected
from chaingraph.graph.json_texts import compact_json, indented_json
from chaingraph.nodes.script_json import parsed_json
from chaingraph.nodes.yaml_texts import parsed_yaml, quoted_yaml_text, yaml_text
from tests.node_bodies import FakeScope, ran

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=3), inner, max_size=3
        )
    ),
    max_leaves=12,
)

RECORDED = json.loads(Path(__file__).with_name("recorded_yaml.json").read_text(encoding="utf-8"))


@given(json_values)
def test_json_texts_are_json(value: Any) -> None:
    assert json.loads(compact_json(value)) == value
    assert json.loads(indented_json(value)) == value
    assert parsed_json(compact_json(value)) == value


@given(json_values)
def test_yaml_texts_are_yaml(value: Any) -> None:
    assert parsed_yaml(yaml_text(value)) == value
    assert parsed_yaml(quoted_yaml_text(value)) == value


def test_json_looks_as_javascript_writes_it() -> None:
    value: dict[str, object] = {"b": 1e21, "10": [], "9": {}, "t": "é\u2028\n", "n": float("nan")}

    assert compact_json(value) == '{"9":{},"10":[],"b":1e+21,"t":"é\u2028\\n","n":null}'
    assert indented_json([1, {"a": [2]}]) == '[\n  1,\n  {\n    "a": [\n      2\n    ]\n  }\n]'


def test_yaml_looks_as_people_write_it() -> None:
    value = {
        "list": [1, {"a": "yes"}],
        "text": "x: y",
        "lines": "a\nb\n",
        "none": None,
        "on": True,
        "big": 1e21,
    }

    assert yaml_text(value) == (
        'list:\n  - 1\n  - a: yes\ntext: "x: y"\nlines: |\n  a\n  b\nnone: null\non: true\nbig: 1e+21\n'
    )


@pytest.mark.parametrize(("value", "style", "text"), RECORDED)
def test_yaml_is_written_as_the_reference_engine_writes_it(value: object, style: str, text: str) -> None:
    """Recorded from its library."""
    write = yaml_text if style == "plain" else quoted_yaml_text

    assert write(value) == text


@pytest.mark.parametrize(
    "text",
    [" " * 300_000 + "\n" * 300_000 + "a", "a" + "\n " * 100_000 + "b" * 100, "word " * 200_000],
    ids=["blanks at the start", "lines of blanks", "one long line"],
)
def test_yaml_of_any_text_is_written_before_anybody_waits(text: str) -> None:
    for written in (yaml_text({"k": text}), quoted_yaml_text({"k": text})):
        assert len(text) <= len(written) <= 4 * len(text)


def test_yaml_that_is_too_long_is_refused() -> None:
    with pytest.raises(Rejected, match="1000000 characters"):
        parsed_yaml("#" * 1_000_001)


def test_serializers() -> None:
    value = {"a": [1, "b"]}

    assert ran("JSONSerializerNode", data=value)["json"] == '{"a":[1,"b"]}'
    assert ran("JSONSerializerNode", data=value, pretty=True)["json"].count("\n") == 5
    assert ran("YAMLSerializerNode", data=value, includeDirectives=True)["yaml"] == "---\na:\n  - 1\n  - b\n"
    assert ran("YAMLSerializerNode", data=value, quotingStrings=True)["yaml"] == '"a":\n  - 1\n  - "b"\n'
    assert ran("YAMLSerializerNode")["yaml"] == "null"
    assert ran("JSONSerializerNode")["json"] == "null"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("2024-01-01", "2024-01-01"),
        ("010", 10),
        ("0o17", 15),
        ("0xff", 255),
        ("1e3", 1000),
        ("-.5", -0.5),
        ("~", None),
        ("", None),
        ("1: a", {"1": "a"}),
        ("<<: 1", {"<<": 1}),
        ("- a\n- b", ["a", "b"]),
        ('"\\uD83D\\uDE00"', "😀"),
        ('"\\uD800": "\\uD800"', {"\ufffd": "\ufffd"}),
    ],
)
def test_yaml_is_read_by_the_core_schema(text: str, value: object) -> None:
    assert parsed_yaml(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "&a [*a]",
        "a: &x 1\nb: *x",
        "!!set {a}",
        "!!binary aGk=",
        "!!python/name:os.system",
        "[" * 1000,
        "a: b: c",
        "a: 1\nb: 2\na: 3",
    ],
)
def test_what_is_no_plain_yaml_is_refused(text: str) -> None:
    with pytest.raises(Rejected):
        parsed_yaml(text)


def test_yaml_of_the_library_is_left_alone() -> None:
    assert yaml.safe_load("yes") is True


SCHEMA: dict[str, Any] = {
    "type": "object",
    "schema": {
        "properties": {
            "price": {"type": "number"},
            "name": {"type": "string"},
            "tags": {"type": "array", "itemConfig": {"type": "string"}},
            "more": {"type": "any"},
        }
    },
}
TEXT = '{"price": 1.5, "name": "x", "tags": ["a"], "more": {"free": [1]}, "left": "out"}'


def scope_with(schema: object) -> FakeScope:
    return FakeScope(configs={"outputSchema": {"type": "any", "underlyingType": schema}})


@pytest.mark.parametrize("form", ["auto", "json", "yaml"])
def test_what_the_schema_describes_is_kept(form: str) -> None:
    found = ran("JsonYamlDeserializerNode", scope_with(SCHEMA), inputString=TEXT, inputFormat=form)

    assert found["deserializedObject"] == {"price": 1.5, "name": "x", "tags": ["a"], "more": {"free": [1]}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"name": "x", "tags": [], "more": 1}', "price is missing"),
        ('{"price": "1", "name": "x", "tags": [], "more": 1}', "price must be of type number"),
        ('{"price": 1, "name": "x", "tags": [2], "more": 1}', r"tags\[0\] must be of type string"),
        ("[1]", "the value must be of type object"),
        ("{", "Invalid YAML"),
    ],
)
def test_what_does_not_fit_the_schema_is_refused(text: str, message: str) -> None:
    with pytest.raises(Rejected, match=message):
        ran("JsonYamlDeserializerNode", scope_with(SCHEMA), inputString=text)


def test_what_is_missing_can_be_null() -> None:
    found = ran(
        "JsonYamlDeserializerNode", scope_with(SCHEMA), inputString="name: 5", ignoreMissingFields=True
    )

    assert found["deserializedObject"] == {"price": None, "name": None, "tags": None, "more": None}


def test_below_the_greatest_depth_values_are_taken_as_they_are() -> None:
    found = ran(
        "JsonYamlDeserializerNode", scope_with(SCHEMA), inputString=TEXT.replace("1.5", '"x"'), maxDepth=1
    )

    assert found["deserializedObject"]["price"] == "x"


def test_a_deserializer_needs_a_schema_and_json_where_it_says_so() -> None:
    with pytest.raises(Rejected, match="schema is required"):
        ran("JsonYamlDeserializerNode", inputString="1")
    with pytest.raises(Rejected, match="Invalid JSON"):
        ran("JsonYamlDeserializerNode", scope_with(SCHEMA), inputString="a: 1", inputFormat="json")


def test_a_schema_is_inferred_from_what_can_be_read() -> None:
    assert ran("SchemaInferNode", input='{"a": 1}')["output"] == {"a": 1}
    assert ran("SchemaInferNode", input="a: 1")["output"] == {"a": 1}
    assert ran("SchemaInferNode", input="a: [")["output"] is None
    assert ran("GetPortSchemaNode", input=1)["portSchema"] == {}


def test_options_by_text() -> None:
    assert ran("StringToEnumNode", inputString="b", allowedValues=["a", "b"])["outputEnum"] == "b"
    assert ran("StringToEnumNode", inputString="x")["outputEnum"] == "x"
    assert ran("StringToEnumNode", inputString="", allowedValues=["a"], outputEnum="a")["outputEnum"] is None
    with pytest.raises(Rejected, match=r'Invalid value: "c"\. Allowed values are: a, b$'):
        ran("StringToEnumNode", inputString="c", allowedValues=["a", "b"])
    with pytest.raises(Rejected, match=r"v9\.\.\. \(12 total\)$"):
        ran("StringToEnumNode", inputString="c", allowedValues=[f"v{number}" for number in range(12)])
