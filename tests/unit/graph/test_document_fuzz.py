"""Whatever JSON comes in: a flow or a refusal, never another error."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaingraph.errors import ChaingraphError, Rejected
from chaingraph.graph.document import dump_flow, load_flow
from chaingraph.graph.values import initial_values, run_value, stored_form
from chaingraph.nodes.built_in import built_in_node_types
from tests.strange_documents import (
    drawn_by_nobody,
    objects,
    with_one_part_replaced,
    with_one_part_taken_away,
)


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


@given(objects)
def test_any_object_is_loaded_or_refused(document: dict[str, Any]) -> None:
    load_or_refuse(document)


@given(st.binary(max_size=60))
def test_any_bytes_are_refused(document: bytes) -> None:
    with pytest.raises(Rejected):
        load_flow(b"[" + document, built_in_node_types())


@given(with_one_part_replaced())
def test_a_flow_with_one_part_replaced_is_loaded_or_refused(document: dict[str, Any]) -> None:
    load_or_refuse(document)


@given(with_one_part_taken_away())
def test_a_flow_with_one_part_taken_away_is_loaded_or_refused(document: dict[str, Any]) -> None:
    load_or_refuse(document)


@given(drawn_by_nobody(built_in_node_types()))
def test_nodes_joined_at_random_are_loaded_or_refused(document: dict[str, Any]) -> None:
    load_or_refuse(document)
