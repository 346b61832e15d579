"""Casts: which edges may ask for one, and what it makes of a value."""

import pytest

from chaingraph.errors import Rejected
from chaingraph.graph.casts import CASTS, cast_value
from chaingraph.graph.catalogue import new_node_document
from chaingraph.graph.declarations import Passthrough
from chaingraph.graph.document import load_flow
from chaingraph.graph.flow import Port
from chaingraph.graph.kinds import any_value, array, boolean, enum, number, record, string
from chaingraph.graph.missing import MISSING
from chaingraph.graph.node_types import NodeType, NodeTypes, Scope
from chaingraph.ids import PortId
from chaingraph.testing import FlowDraft, run_flow


class EveryKind(NodeType, title="Every Kind", category="test", pure=True):
    """Forwards what it gets."""

    text = Passthrough(string(default=None), key="string")
    amount = Passthrough(number(default=None), key="number")
    flag = Passthrough(boolean(), key="boolean")
    option = Passthrough(enum(["red", "blue"]), key="enum")
    elements = Passthrough(array(any_value()), key="array")
    fields = Passthrough(record({"price": number(default=None)}), key="object")
    anything = Passthrough(any_value(), key="any")

    def run(self, scope: Scope) -> None:
        pass


KINDS = tuple(str(port) for port in EveryKind.declared_ports)


def port(kind: str) -> Port:
    document = {"id": "f", "nodes": [new_node_document(EveryKind, "n")]}
    (node,) = load_flow(document, NodeTypes.of(EveryKind)).nodes
    return node.ports[PortId(kind)]


def joined(source: str, target: str, metadata: dict[str, object], value: object = None) -> FlowDraft:
    draft = FlowDraft()
    draft.add(EveryKind, {} if value is None else {source: value}, node_id="a")
    draft.add(EveryKind, node_id="b")
    draft.join(f"a.{source}", f"b.{target}", metadata=metadata)
    return draft


def is_refused(draft: FlowDraft) -> bool:
    try:
        load_flow(draft.document, draft.node_types)
    except Rejected as refusal:
        return "Incompatible port types" in refusal.message
    return False


@pytest.mark.parametrize("target", KINDS)
@pytest.mark.parametrize("source", KINDS)
def test_an_edge_joins_what_its_cast_is_known_for(source: str, target: str) -> None:
    fits = source == target or "any" in (source, target)

    assert is_refused(joined(source, target, {"cast": True})) is not (fits or (source, target) in CASTS)
    assert is_refused(joined(source, target, {})) is not fits
    assert is_refused(joined(source, target, {"cast": "yes"})) is not fits


@pytest.mark.parametrize(
    ("kind", "value", "result"),
    [
        ("string", 1.0, "1"),
        ("string", 1e21, "1e+21"),
        ("string", True, "true"),
        ("string", "red", "red"),
        ("number", " 12.50 ", 12.5),
        ("number", "1e3", 1000),
        ("number", True, 1),
        ("number", 7, 7),
        ("boolean", 0, False),
        ("boolean", -0.5, True),
        ("boolean", " TRUE ", True),
        ("boolean", "false", False),
        ("boolean", True, True),
        ("enum", "red", "red"),
        ("array", [1], [1]),
        ("any", "1", "1"),
        ("number", None, None),
        ("string", MISSING, MISSING),
    ],
)
def test_values_are_cast(kind: str, value: object, result: object) -> None:
    found = cast_value(port(kind), value)

    assert found == result
    assert isinstance(found, bool) == isinstance(result, bool)


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("number", "twelve", "'twelve' cannot be cast to number"),
        ("number", "", "'' cannot be cast to number"),
        ("number", [1], "a list cannot be cast to number"),
        ("boolean", "yes", "'yes' cannot be cast to boolean"),
        ("boolean", {}, "an object cannot be cast to boolean"),
        ("string", {}, "an object cannot be cast to string"),
        ("enum", 1, "1 cannot be cast to enum"),
        ("number", "x" * 100, "x…"),
    ],
)
def test_what_has_no_cast_is_refused(kind: str, value: object, message: str) -> None:
    with pytest.raises(Rejected, match=message):
        cast_value(port(kind), value)


@pytest.mark.parametrize(
    ("source", "value", "target", "result"),
    [
        ("string", "12.5", "number", 12.5),
        ("number", 12.5, "string", "12.5"),
        ("boolean", True, "string", "true"),
        ("string", "blue", "enum", "blue"),
        ("any", "3", "number", 3),
        ("number", 4, "object.price", 4),
        ("string", "4", "object.price", 4),
    ],
)
def test_a_value_is_cast_on_its_way(source: str, value: object, target: str, result: object) -> None:
    ended = run_flow(joined(source, target, {"cast": True}, value))

    ended.assert_completed()
    root, _, field = target.partition(".")
    ended.node("b").assert_values(**{root: {field: result} if field else result})


@pytest.mark.parametrize(
    ("source", "value", "target", "message"),
    [
        ("string", "twelve", "number", "Port number refuses the value: 'twelve' cannot be cast to number"),
        ("string", "green", "enum", "Port enum refuses the value: must be one of red, blue"),
        ("any", [1], "number", "Port number refuses the value: a list cannot be cast to number"),
    ],
)
def test_a_transfer_fails_with_its_cast(source: str, value: object, target: str, message: str) -> None:
    ended = run_flow(joined(source, target, {"cast": True}, value))

    (failed,) = [event for event in ended.events if event.type == "edge:transfer-failed"]
    assert failed.payload["error"] == {"name": "Error", "message": message}
    assert ended.node("b").status == "skipped"


def test_the_execute_port_can_be_cast_to() -> None:
    draft = FlowDraft()
    draft.add(EveryKind, {"number": 0}, node_id="a")
    draft.add(EveryKind, node_id="b")
    draft.join("a.number", "b.__execute", metadata={"cast": True})

    assert run_flow(draft).node("b").status == "skipped"
