"""What ports demand of values."""

from typing import Any

import pytest

from chaingraph.graph.constraints import constraint_problems, has_constraints
from chaingraph.graph.flow import Port
from chaingraph.graph.ports import read_root_port

OPTIONS = [{"id": "red", "type": "string"}, {"id": "blue", "type": "string"}]


def port(kind: str, **config: Any) -> Port:
    found = read_root_port({"key": "p", "type": kind, "direction": "input", **config}, "", [])
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("described", "value", "problems"),
    [
        (port("string", minLength=2), "a", ["must have at least 2 characters"]),
        (port("string", maxLength=1), "😀", ["must have at most 1 characters"]),
        (port("string", pattern="^\\d+$"), "12a", ["must match the pattern ^\\d+$"]),
        (port("string", pattern="^\\d+$"), "12", []),
        (port("number", min=0), -0.5, ["must be at least 0"]),
        (port("number", max=1e21), 1e22, ["must be at most 1e+21"]),
        (port("number", integer=True), 1.5, ["must be a whole number"]),
        (port("number", integer=True), 2.0, []),
        (port("number", min=1, max=0), 0.5, ["must be at least 1", "must be at most 0"]),
        (port("enum", options=OPTIONS), "green", ["must be one of red, blue"]),
        (port("enum", options=[]), "green", []),
        (port("array", maxLength=1), [1, 2], ["must have at most 1 elements"]),
        (port("array", itemConfig={"type": "number", "min": 0}), [1, -1], ["[1] must be at least 0"]),
        (
            port("object", schema={"properties": {"age": {"type": "number", "min": 0}}}),
            {"age": -1},
            ["age must be at least 0"],
        ),
        (port("number", min=0), "text", []),
        (port("number", min=0), None, []),
        (port("boolean"), 1, []),
    ],
)
def test_a_value_that_does_not_fit_has_its_problems_named(
    described: Port, value: object, problems: list[str]
) -> None:
    assert constraint_problems(described, value) == problems
    assert has_constraints(described) or not problems


@pytest.mark.parametrize(
    "described",
    [
        port("string"),
        port("number", step=1),
        port("any"),
        port("array", itemConfig={"type": "any"}),
        port("object"),
    ],
)
def test_a_port_without_demands_has_no_constraints(described: Port) -> None:
    assert not has_constraints(described)


def test_a_pattern_that_takes_for_ever_is_a_problem_and_not_a_hang() -> None:
    (problem,) = constraint_problems(port("string", pattern="^(a|aa)+$"), "a" * 60 + "c")

    assert "takes too long" in problem
