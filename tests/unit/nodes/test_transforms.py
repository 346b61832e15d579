"""Arrays and objects made from others."""

from typing import Any

import pytest

from chaingraph.errors import Rejected
from tests.node_bodies import FakeScope, ran

PEOPLE: list[dict[str, Any]] = [
    {"name": "Ann", "age": 33, "home": {"city": "Rome"}},
    {"name": "Bob", "age": 20, "home": {"city": "Oslo"}},
    {"name": "Cy", "age": 33, "home": None},
]


@pytest.mark.parametrize(
    ("type_name", "values", "port", "result"),
    [
        ("ArrayConcatNode", {"arrayA": [1], "arrayB": [[2], None]}, "result", [1, [2], None]),
        ("ArrayElementNode", {"array": ["a", "b"], "index": 1}, "element", "b"),
        ("ArrayFirstNode", {"array": [None, 2]}, "isEmpty", False),
        ("ArrayFirstNode", {"array": []}, "element", None),
        ("ArrayLastNode", {"array": [1, 2]}, "element", 2),
        ("ArrayLastNode", {"array": []}, "isEmpty", True),
        ("ArrayLengthNode", {"array": [1, 2]}, "length", 2),
        ("ArrayLengthNode", {"array": None}, "length", 0),
        ("ArraySliceNode", {"array": [1, 2, 3, 4], "start": 1, "end": -2}, "result", [2]),
        ("ArraySliceNode", {"array": [1, 2, 3], "start": 1, "end": -1}, "result", [2, 3]),
        ("ArrayReverseNode", {"array": [1, 2, 3]}, "result", [3, 2, 1]),
        (
            "ArrayZipMergeNode",
            {"arrayA": [{"a": 1, "b": {"c": 1}}, 2], "arrayB": [{"b": {"d": 2}}]},
            "result",
            [{"a": 1, "b": {"c": 1, "d": 2}}],
        ),
        ("ArrayPluckNode", {"array": PEOPLE, "path": "home.city"}, "result", ["Rome", "Oslo", None]),
        (
            "ArrayPluckNode",
            {"array": [[1, 2], "abc", {"length": 9}, 4], "path": "length"},
            "result",
            [2, 3, 9, None],
        ),
        ("ArrayEmbedNode", {"array": [1], "path": "a.b"}, "result", [{"a": {"b": 1}}]),
        ("ArrayEmbedNode", {"array": [1], "path": ""}, "result", [{"value": 1}]),
        (
            "ArrayRemapNode",
            {
                "source": PEOPLE[:1],
                "mappings": [
                    {"from": "home.city", "to": "place.town"},
                    {"from": "none", "to": "x"},
                    {"from": "age", "to": ""},
                ],
            },
            "result",
            [{"place": {"town": "Rome"}}],
        ),
        ("ObjectKeysNode", {"object": {"b": 1, "10": 2, "9": 3}}, "keys", ["9", "10", "b"]),
        ("ObjectValuesNode", {"object": {"b": 1, "10": 2, "9": 3}}, "values", [3, 2, 1]),
        ("TypeFocusNode", {"source": {"a": [{"b": 5}]}, "path": "a[0].b"}, "focused", 5),
        ("TypeFocusNode", {"source": {"a": 1}, "path": "x"}, "focused", None),
        (
            "TypeMergeNode",
            {"typeA": {"a": {"x": 1}, "b": 1}, "typeB": {"a": {"y": 2}, "b": [2]}},
            "merged",
            {"a": {"x": 1, "y": 2}, "b": [2]},
        ),
        ("TypeMergeNode", {"typeA": 1, "typeB": {"b": 1}}, "merged", {"b": 1}),
        ("TypeUnwrapNode", {"container": [7, 8]}, "element", 7),
        ("TypeUnwrapNode", {"container": []}, "element", None),
        ("TypeUnwrapNode", {"container": {"a": 1}}, "element", {"a": 1}),
        ("TypeWrapNode", {"element": 0}, "wrapped", [0]),
        ("TypeWrapNode", {"element": None}, "wrapped", []),
    ],
)
def test_transforms(type_name: str, values: dict[str, object], port: str, result: object) -> None:
    assert ran(type_name, **values)[port] == result


@pytest.mark.parametrize("index", [-1, 2, 0.5])
def test_there_is_no_element_outside(index: float) -> None:
    with pytest.raises(Rejected, match="is out of bounds for an array of length 2"):
        ran("ArrayElementNode", array=[1, 2], index=index)


@pytest.mark.parametrize(
    ("strategy", "pairs"),
    [
        ("shortest", [(1, "a")]),
        ("longest", [(1, "a"), (2, None)]),
        ("first", [(1, "a"), (2, None)]),
        ("second", [(1, "a")]),
        ("other", [(1, "a")]),
    ],
)
def test_pairs(strategy: str, pairs: list[tuple[object, object]]) -> None:
    result = ran("ArrayZipNode", arrayA=[1, 2], arrayB=["a"], lengthStrategy=strategy)["result"]

    assert result == [{"a": first, "b": second} for first, second in pairs]


def test_picked_fields_are_those_of_the_schema() -> None:
    scope = FakeScope(configs={"pickSchema": {"schema": {"properties": {"name": {}}}}})

    assert ran("ArrayPickNode", scope, array=[PEOPLE[0], 5])["result"] == [{"name": "Ann"}, 5]


@pytest.mark.parametrize(
    ("operator", "path", "value", "names"),
    [
        ("eq", "age", 33, ["Ann", "Cy"]),
        ("neq", "age", "33", ["Bob"]),
        ("gt", "age", 20, ["Ann", "Cy"]),
        ("gte", "age", 20, ["Ann", "Bob", "Cy"]),
        ("lt", "age", 33, ["Bob"]),
        ("lte", "age", 20, ["Bob"]),
        ("truthy", "home", None, ["Ann", "Bob"]),
        ("falsy", "home", None, ["Cy"]),
        ("contains", "name", "n", ["Ann"]),
        ("startsWith", "name", "B", ["Bob"]),
        ("endsWith", "home.city", "o", ["Bob"]),
        ("strange", "age", 20, ["Bob"]),
    ],
)
def test_partitions(operator: str, path: str, value: object, names: list[str]) -> None:
    found = ran("ArrayPartitionNode", array=PEOPLE, operator=operator, path=path, value=value)

    assert [person["name"] for person in found["matching"]] == names
    assert len(found["nonMatching"]) == len(PEOPLE) - len(names)


def test_an_array_contains_its_elements() -> None:
    found = ran("ArrayPartitionNode", array=[["a"], ["b"]], operator="contains", value="a")

    assert (found["matching"], found["nonMatching"]) == ([["a"]], [["b"]])


@pytest.mark.parametrize(
    ("operation", "result"),
    [
        ("sum", 3.5),
        ("avg", 3.5 / 3),
        ("min", -2),
        ("max", 4),
        ("count", 6),
        ("first", 4),
        ("last", -2),
        ("concat", [4, "x", 1.5, None, True, -2]),
        ("join", "4,x,1.5,,true,-2"),
        ("median", None),
    ],
)
def test_reductions(operation: str, result: object) -> None:
    assert (
        ran("ArrayReduceNode", array=[4, "x", 1.5, None, True, -2], operation=operation)["result"] == result
    )


def test_transforms_do_not_change_what_they_are_given() -> None:
    given = [{"a": {"x": 1}}]

    result = ran("ArrayZipMergeNode", arrayA=given, arrayB=[{"a": {"y": 1}}])["result"]
    result[0]["a"]["x"] = 5

    assert given == [{"a": {"x": 1}}]
