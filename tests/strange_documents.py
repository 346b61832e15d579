"""Hypothesis strategies for flow documents that no editor would store."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from hypothesis import strategies as st

from chaingraph.graph.casts import CASTS
from chaingraph.graph.catalogue import new_node_document
from chaingraph.graph.flow import NodeDefinition
from chaingraph.graph.node_types import NodeTypes
from tests.flow_documents import CASES, edge, flow, recorded_flow

NAMES: Final = re.split(
    r"\s+",
    """id type key direction order required defaultValue value config ports metadata systemPorts execute
connections nodeId portId schema properties itemConfig underlyingType options min max pattern minLength buffer
isClosed category parentNodeId flowPorts status schemaVersion nodes edges sourceNodeId sourcePortId
targetNodeId targetPortId parentId retry attempts secret name casts""",
)
WORDS: Final = re.split(
    r"\s+",
    """string number boolean enum array object stream any secret input output passthrough v2 v3
NumberNode MathNode ObjectNode EventListenerNodeV2 a b n __execute __success a.b a[0] object.x[3] 12
1e999 - ping""",
)
# What nodes read as something else than text.
TEXTS: Final = (
    '{"a": [1, null, {"b": "\\ud83d\\ude00"}]}',
    '"\\ud800"',
    'a: "\\uD800"\nb: [1, .inf, 2001-01-01]',
    "&a [*a]",
    "{{#each a}}{{this.b}}{{/each}}{{json this}}",
    "{a} {b.c} {{",
    "(a+)+$",
    "[",
    "$sum(a.b) & 'x'",
    "2026-01-05T15:04:05.678Z",
    "P1DT2H",
    "9" * 400,
    "😀ä\x00\u2028",
    "Authorization: Bearer abc",
)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.sampled_from(WORDS),
    st.sampled_from(TEXTS),
    st.text(max_size=6),
)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=25,
)
objects = st.dictionaries(st.sampled_from(NAMES), anything, max_size=6)

RECORDED: Final = [recorded_flow(path.stem) for path in sorted(CASES.glob("*.json"))]

# Of each kind of port, values that it may have been stored with.
VALUES: Final = {
    "string": st.sampled_from(TEXTS) | st.sampled_from(WORDS) | st.text(),
    "number": st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "array": st.lists(anything, max_size=4),
    "object": objects,
    "any": anything,
}
NOTHING: Final[dict[str, object]] = {}
METADATA: Final = st.one_of(
    *[st.just(NOTHING)] * 6,
    st.fixed_dictionaries({"parentNodeId": st.sampled_from(["n0", "n1", "n2"])}),
    st.fixed_dictionaries({"category": st.sampled_from(["group", "flow"])}),
    st.fixed_dictionaries(
        {"retry": st.fixed_dictionaries({"maxAttempts": st.integers(1, 3), "backoffMs": st.just(1)})}
    ),
    st.just({"flowPorts": {"disabledAutoExecution": True}}),
)
SYSTEM_OUTPUTS: Final = {"__success": "boolean", "__error": "boolean", "__errorMessage": "string"}


@st.composite
def with_one_part_replaced(draw: st.DrawFn) -> dict[str, Any]:
    """A flow that has been recorded, with anything in one place of it."""
    document = json.loads(json.dumps(draw(st.sampled_from(RECORDED))))
    holder, place = draw(st.sampled_from(list(_places(document))))
    holder[place] = draw(anything)
    return document


@st.composite
def with_one_part_taken_away(draw: st.DrawFn) -> dict[str, Any]:
    document = json.loads(json.dumps(draw(st.sampled_from(RECORDED))))
    holder, place = draw(st.sampled_from(list(_places(document))))
    del holder[place]
    return document


def _places(value: dict[str, Any] | list[Any]) -> Iterator[tuple[Any, Any]]:
    """Every (holder, key) inside a document."""
    for key, part in list(value.items()) if isinstance(value, dict) else list(enumerate(value)):
        yield value, key
        if isinstance(part, dict | list):
            yield from _places(part)  # pyright: ignore[reportUnknownArgumentType]


def drawn_by_nobody(node_types: NodeTypes) -> st.SearchStrategy[dict[str, Any]]:
    """Nodes of any types with any values, each joined to nodes behind it."""
    node = st.builds(_node, st.sampled_from(list(node_types)), st.data())
    return st.lists(node, min_size=2, max_size=7).flatmap(_joined)


def _node(definition: NodeDefinition, drawn: st.DataObject) -> dict[str, Any]:
    document: dict[str, Any] = new_node_document(definition, "")
    for port in document["ports"]:
        values = VALUES.get(port["config"]["type"])
        if values is not None and drawn.draw(st.booleans()):
            port["value"] = drawn.draw(values)
    document["metadata"] |= drawn.draw(METADATA)
    return document


def _joined(nodes: list[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    for place, node in enumerate(nodes):
        node["id"] = f"n{place}"
    pairs = [
        edge(f"e{source}-{target}", source, target) | {"metadata": {"cast": cast}}
        for place, source_node in enumerate(nodes)
        for target_node in nodes[place + 1 :]
        for source, kind in _outputs(source_node)
        for target, wanted in _inputs(target_node)
        for cast in [not (kind == wanted or "any" in (kind, wanted))]
        if not cast or (kind, wanted) in CASTS
    ]
    least = min(len(pairs), len(nodes))
    edges = st.lists(st.sampled_from(pairs), min_size=least, max_size=12, unique_by=_ends)
    return edges.map(lambda chosen: flow(nodes, chosen))


def _ends(joined: dict[str, Any]) -> str:
    return joined["id"]


def _outputs(node: dict[str, Any]) -> list[tuple[str, str]]:
    ports = [*_ports(node, "input"), *SYSTEM_OUTPUTS.items()]
    return [(f"{node['id']}.{port}", kind) for port, kind in ports]


def _inputs(node: dict[str, Any]) -> list[tuple[str, str]]:
    ports = [*_ports(node, "output"), ("__execute", "boolean")]
    return [(f"{node['id']}.{port}", kind) for port, kind in ports]


def _ports(node: dict[str, Any], other_than: str) -> list[tuple[str, str]]:
    configs = [port["config"] for port in node["ports"]]
    return [(config["id"], config["type"]) for config in configs if config["direction"] != other_than]
