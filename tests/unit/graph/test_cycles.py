"""Flows whose nodes would wait for themselves."""

from typing import Any

import pytest

from chaingraph.graph.document import load_flow
from chaingraph.nodes.built_in import built_in_node_types
from tests.flow_documents import edge, flow, node, problems_of


def test_the_nodes_of_a_cycle_are_named_in_order() -> None:
    nodes = [node("NotNode", name) for name in ("a", "b", "c", "d", "e")]
    edges = [
        edge("e1", "a.result", "b.input"),
        edge("e2", "b.result", "c.input"),
        edge("e3", "c.result", "a.input"),
        edge("e4", "c.result", "d.input"),
        edge("e5", "d.result", "e.input"),
    ]

    assert problems_of(flow(nodes, edges)) == [("edges", "the edges form a cycle: a -> b -> c -> a")]


def test_every_separate_cycle_is_named() -> None:
    nodes = [node("AndNode", name) for name in ("a", "b", "c")]
    edges = [
        edge("e1", "a.result", "a.inputX"),
        edge("e2", "a.result", "b.inputX"),
        edge("e3", "b.result", "c.inputX"),
        edge("e4", "c.result", "b.inputY"),
    ]

    assert problems_of(flow(nodes, edges)) == [
        ("edges", "the edges form a cycle: a -> a"),
        ("edges", "the edges form a cycle: b -> c -> b"),
    ]


@pytest.mark.parametrize(
    "pairs",
    [[], ["ab"], ["ab", "bc", "cd"], ["ab", "ac", "bd", "cd"]],
    ids=["nothing", "one edge", "a line", "a rhombus"],
)
def test_what_comes_together_again_is_no_cycle(pairs: list[str]) -> None:
    nodes = [node("AndNode", name) for name in "abcd"]
    used: dict[str, int] = {}
    edges: list[dict[str, Any]] = []
    for source, target in pairs:
        port = ("inputX", "inputY")[used.setdefault(target, 0)]
        used[target] += 1
        edges.append(edge(source + target, f"{source}.result", f"{target}.{port}"))

    assert len(load_flow(flow(nodes, edges), built_in_node_types()).edges) == len(pairs)


def test_nodes_that_are_their_own_parents_are_refused() -> None:
    nodes = [node("GroupNode", "a"), node("GroupNode", "b")]
    nodes[0]["metadata"]["parentNodeId"] = "b"
    nodes[1]["metadata"]["parentNodeId"] = "a"

    assert problems_of(flow(nodes)) == [("nodes", "the parents form a cycle: a -> b -> a")]


def test_of_a_long_cycle_only_the_first_nodes_are_named() -> None:
    nodes = [node("NotNode", f"n{place}") for place in range(25)]
    edges = [edge(f"e{place}", f"n{place}.result", f"n{(place + 1) % 25}.input") for place in range(25)]

    ((_, message),) = problems_of(flow(nodes, edges))

    assert message.endswith("n18 -> n19 -> and 5 more")


def test_another_way_through_a_cycle_is_not_another_cycle() -> None:
    nodes = [node("AndNode", name) for name in "abc"]
    edges = [
        edge("e1", "a.result", "b.inputX"),
        edge("e2", "b.result", "c.inputX"),
        edge("e3", "c.result", "a.inputX"),
        edge("e4", "c.result", "b.inputY"),
    ]

    assert len(problems_of(flow(nodes, edges))) == 1
