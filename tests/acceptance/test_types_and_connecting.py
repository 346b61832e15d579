"""Which ports may be joined. Ours: no call joins two ports; edges are checked when a flow is loaded.

So nothing is taken over from one port to another by connecting: an untyped port stays untyped and takes what
comes. A node may not feed itself, nor itself over others.
"""

from typing import Any

import pytest

from chaingraph.errors import Rejected
from tests.acceptance.running import compiled
from tests.acceptance.sketches import flow

NUMBER, TEXT, ANY = {"type": "number"}, {"type": "string"}, {"type": "any"}
NUMBERS, TEXTS = ({"type": "array", "itemConfig": element} for element in (NUMBER, TEXT))
OPEN = {"type": "array", "itemConfig": ANY, "isSchemaMutable": True}
FITS: list[str] = []


def _wrapped(inside: dict[str, Any]) -> dict[str, Any]:
    return {**ANY, "underlyingType": inside}


def _joined(source: dict[str, Any], target: dict[str, Any]) -> list[str]:
    """What is wrong with an edge from a port of one type to a port of another."""
    document = flow({"s": "TextNode", "t": "TextNode"}, "s.p -> t.p")
    for node, config, direction in zip(document["nodes"], (source, target), ("output", "input"), strict=True):
        node["ports"] = [{"config": {"id": "p", "key": "p", "direction": direction, **config}}]
    return _problems(document)


def _problems(document: dict[str, Any]) -> list[str]:
    try:
        compiled(document)
    except Rejected as refusal:
        return [problem.message for problem in refusal.problems]
    return FITS


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (_wrapped(NUMBERS), OPEN),
        (_wrapped(NUMBERS), NUMBERS),
        (NUMBERS, ANY),
        (NUMBERS, _wrapped(NUMBERS)),
        (TEXT, _wrapped(TEXT)),
    ],
)
def test_a_port_of_any_type_counts_as_what_it_stands_for(
    source: dict[str, Any], target: dict[str, Any]
) -> None:
    assert _joined(source, target) == FITS


@pytest.mark.parametrize(
    ("source", "target", "problem"),
    [
        (_wrapped(NUMBERS), TEXTS, "Incompatible port types: array<number> -> array<string>"),
        (_wrapped({"type": "array"}), NUMBERS, "Incompatible port types: array -> array<number>"),
        (NUMBER, TEXT, "Incompatible port types: number -> string"),
        (TEXT, _wrapped(NUMBER), "Incompatible port types: string -> number"),
        ({"type": "boolean"}, _wrapped({"type": "object"}), "Incompatible port types: boolean -> object"),
        ({"type": "enum"}, TEXT, "Incompatible port types: enum -> string"),
    ],
)
def test_what_does_not_fit_is_refused_with_both_types(
    source: dict[str, Any], target: dict[str, Any], problem: str
) -> None:
    assert _joined(source, target) == [problem]


def test_an_edge_cannot_begin_at_an_input() -> None:
    assert _problems(flow({"s": "Sum", "t": "Sum"}, "s.A -> t.A")) == [
        "an edge cannot begin at the input port 'A'"
    ]


def test_a_node_that_feeds_itself_is_refused() -> None:
    assert _problems(flow({"t": "TextNode"}, "t.text -> t.text")) == ["the edges form a cycle: t -> t"]


@pytest.mark.parametrize(
    ("edges", "last", "cycle"),
    [
        (["a => b"], "b => a", "a -> b -> a"),
        (["a => b", "b => c"], "c => a", "a -> b -> c -> a"),
        (["a => b", "c => d"], "d => c", "c -> d -> c"),
    ],
)
def test_the_edge_that_closes_a_cycle_is_what_a_flow_is_refused_for(
    edges: list[str], last: str, cycle: str
) -> None:
    nodes = dict.fromkeys("abcd", "TextNode")

    assert _problems(flow({**nodes}, *edges)) == FITS
    assert _problems(flow({**nodes}, *edges, last)) == [f"the edges form a cycle: {cycle}"]
