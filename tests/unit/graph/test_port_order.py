"""The order in which ports resolve."""

import pytest

from chaingraph.graph.document import load_flow
from chaingraph.graph.port_order import collation_key, resolution_order
from chaingraph.ids import PortId
from chaingraph.nodes.built_in import built_in_node_types
from tests.flow_documents import flow, node


@pytest.mark.parametrize(
    "texts",
    [
        ["object._x", "object.a10", "object.a2", "object.alpha", "object.Beta", "object.nest", "object.Zeta"],
        ["array[1]", "array[10]", "array[2]"],
        ["__success", "a-b", "a.b", "a[0]", "a1", "aa"],
        ["a", "ä", "b"],
        ["eclair", "éclair", "eclairs"],
    ],
)
def test_texts_are_ordered_as_in_a_dictionary(texts: list[str]) -> None:
    keys = [collation_key(text) for text in texts]

    assert keys == sorted(keys)
    assert len(set(keys)) == len(texts)


def test_ports_without_order_come_first_and_children_of_any_last() -> None:
    document = node("TypeFocusNode", "n")
    known = {"type": "object", "schema": {"properties": {"z": {"type": "any"}, "a": {"type": "any"}}}}
    document["ports"][0]["config"]["underlyingType"] = known
    (found,) = load_flow(flow([document]), built_in_node_types()).nodes
    ids = ["focused", "source.a", "focused.x", "source.z", "__success", "path", "source"]

    order = resolution_order(found, [PortId(port_id) for port_id in ids])

    assert order == ("__success", "source", "path", "focused", "source.z", "source.a", "focused.x")
