import pytest

from chaingraph.graph.conformance import conformance_problems
from chaingraph.graph.flow import Port
from chaingraph.graph.json_types import JsonObject
from chaingraph.graph.kinds import Kind, any_value, array, boolean, enum, number, record, required, string
from chaingraph.graph.ports import read_root_port


def port(kind: Kind[object]) -> Port:
    config: JsonObject = {"id": "p", "key": "p", "direction": "output", **kind.config}
    found = read_root_port(config, "p", [])
    assert found is not None
    return found


def problems(kind: Kind[object], value: object) -> list[str]:
    return [str(problem) for problem in conformance_problems(port(kind), value)]


PERSON = record({"name": required(string(max_length=5)), "age": number(minimum=0), "tags": array(string())})


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (string(), ""),
        (number(), 0),
        (number(), 1.5),
        (boolean(), False),
        (enum(["a", "b"]), "a"),
        (array(number()), []),
        (record(schema_is_mutable=True), {"anything": [1, {"goes": None}]}),
        (PERSON, {"name": "Ann"}),
        (PERSON, {"name": "Ann", "age": None, "tags": ["x"]}),
        (any_value(), None),
        (any_value(), [1, "two"]),
    ],
)
def test_a_value_that_fits_has_no_problems(kind: Kind[object], value: object) -> None:
    assert problems(kind, value) == []


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        (string(), 1, "must be a text"),
        (number(), "1", "must be a number"),
        (number(), True, "must be a number"),
        (boolean(), 1, "must be true or false"),
        (enum(["a", "b"]), "c", "must be one of a, b"),
        (array(number()), {}, "must be a list"),
        (array(number()), [1, "2"], "[1]: must be a number"),
        (array(record({"n": number()})), [{"n": 1}, {"n": "x"}], "[1].n: must be a number"),
        (PERSON, [], "must be an object"),
        (PERSON, {}, "name: is required"),
        (PERSON, {"name": "Annabel"}, "name: must have at most 5 characters"),
        (PERSON, {"name": "Ann", "age": -1}, "age: must be at least 0"),
        (PERSON, {"name": "Ann", "tags": [1]}, "tags[0]: must be a text"),
        (PERSON, {"name": "Ann", "agee": 1}, "agee: is not expected"),
    ],
)
def test_a_problem_says_where_and_why(kind: Kind[object], value: object, problem: str) -> None:
    assert problems(kind, value) == [problem]


def test_every_problem_is_listed() -> None:
    assert len(problems(PERSON, {"age": "old", "tags": 1, "more": 2})) == 4


@pytest.mark.parametrize("kind", [any_value(), record(schema_is_mutable=True)])
def test_what_nests_too_deep_for_any_port_is_refused(kind: Kind[object]) -> None:
    value: object = {}
    for _ in range(80):
        value = {"deeper": value}

    assert "deeper than 64 levels" in problems(kind, value)[0]
