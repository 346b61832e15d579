"""Whatever JSON comes in: a flow or a refusal, never another error."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaingraph.errors import ChaingraphError, Rejected
from chaingraph.graph.document import dump_flow, load_flow
from chaingraph.graph.values import initial_values, run_value, stored_form
from chaingraph.nodes.built_in import built_in_node_types
from tests.flow_documents import CASES, recorded_flow

NAMES = re.split(
    r"\s+",
    """id type key direction order required defaultValue value config ports metadata systemPorts execute
connections nodeId portId schema properties itemConfig underlyingType options min max pattern minLength buffer
isClosed category parentNodeId flowPorts status schemaVersion nodes edges sourceNodeId sourcePortId
targetNodeId targetPortId parentId""",
)
WORDS = re.split(
    r"\s+",
    """string number boolean enum array object stream any secret input output passthrough v2 v3
NumberNode MathNode ObjectNode EventListenerNodeV2 a b n __execute __success a.b a[0] object.x[3] 12
1e999 -""",
)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.sampled_from(WORDS),
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
RECORDED = [recorded_flow(path.stem) for path in sorted(CASES.glob("*.json"))]


def load_or_refuse(document: dict[str, Any]) -> None:
    """Everything that a flow is used for works as well, once it has been loaded."""
    try:
        flow = load_flow(document, built_in_node_types())
    except ChaingraphError:
        return
    assert load_flow(dump_flow(flow), built_in_node_types()).nodes == flow.nodes
    for node in flow.nodes:
        for port_id, value in initial_values(node).items():
            run_value(node.ports[port_id], stored_form(node.ports[port_id], value))


@given(st.dictionaries(st.sampled_from(NAMES), anything, max_size=6))
def test_any_object_is_loaded_or_refused(document: dict[str, Any]) -> None:
    load_or_refuse(document)


@given(st.binary(max_size=60))
def test_any_bytes_are_refused(document: bytes) -> None:
    with pytest.raises(Rejected):
        load_flow(b"[" + document, built_in_node_types())


@given(st.data())
def test_a_flow_with_one_part_replaced_is_loaded_or_refused(draw: st.DataObject) -> None:
    document = json.loads(json.dumps(draw.draw(st.sampled_from(RECORDED))))
    places = list(_places(document))
    holder, place = draw.draw(st.sampled_from(places))
    holder[place] = draw.draw(anything)

    load_or_refuse(document)


@given(st.data())
def test_a_flow_with_one_part_taken_away_is_loaded_or_refused(draw: st.DataObject) -> None:
    document = json.loads(json.dumps(draw.draw(st.sampled_from(RECORDED))))
    holder, place = draw.draw(st.sampled_from(list(_places(document))))
    del holder[place]

    load_or_refuse(document)


def _places(value: dict[str, Any] | list[Any]) -> Iterator[tuple[Any, Any]]:
    """Every (holder, key) inside a document."""
    for key, part in list(value.items()) if isinstance(value, dict) else list(enumerate(value)):
        yield value, key
        if isinstance(part, dict | list):
            yield from _places(part)  # pyright: ignore[reportUnknownArgumentType]
