"""A flow of fifty nodes with branches, a stream, children and grandchildren, effects and an error path.

Its values do not depend on the order in which its nodes run.
"""

from collections.abc import Iterable, Mapping

from chaingraph.graph.catalogue import new_node_document
from chaingraph.graph.json_types import JsonObject, is_list, is_object
from chaingraph.graph.node_types import NodeTypes
from tests.fault.ledger import Ledger
from tests.fault.node_bodies import node_types

NODES: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "start": ("Plus", {"a": 1, "b": 2}),
    **{f"slow{n}": ("Ponders", {}) for n in range(1, 5)},
    **{f"pay{n}": ("Charges", {}) for n in range(1, 5)},
    "both": ("Plus", {}),
    **{f"fan{n}": ("Ponders", {}) for n in range(1, 5)},
    **{f"sum{n}": ("Plus", {}) for n in range(1, 4)},
    "mail1": ("Mails", {}),
    "mail2": ("Mails", {}),
    "sends": ("Sends", {}),
    "joins1": ("Joins", {}),
    "joins2": ("Joins", {}),
    "texts": ("Plus", {}),
    "letters": ("Length", {}),
    "parity": ("Parity", {}),
    "even1": ("Plus", {}),
    "even2": ("Charges", {}),
    "odd1": ("Plus", {}),
    "odd2": ("Charges", {}),
    "merged": ("Plus", {}),
    "breaks": ("Breaks", {}),
    "rescued": ("Length", {}),
    "after": ("Charges", {}),
    "lost1": ("Plus", {}),
    "loose": ("Breaks", {}),
    "nap1": ("Naps", {}),
    "nap2": ("Naps", {}),
    "emit1": ("Emits", {"name": "order"}),
    "emit2": ("Emits", {"name": "order"}),
    "emit3": ("Emits", {"name": "refund"}),
    "orders": ("EventListenerNodeV2", {"eventName": "order"}),
    "order1": ("Hears", {}),
    "order2": ("Charges", {}),
    "order3": ("Ponders", {}),
    "refunds": ("EventListenerNodeV2", {"eventName": "refund"}),
    "refund1": ("Hears", {}),
    "refund2": ("Emits", {"name": "note"}),
    "refund3": ("Breaks", {}),
    "notes": ("EventListenerNodeV2", {"eventName": "note"}),
    "note1": ("Hears", {}),
}

EDGES = """
start.result -> slow1.a      slow1.result -> slow2.a   slow2.result -> slow3.a   slow3.result -> slow4.a
start.result -> pay1.a       pay1.result -> pay2.a     pay2.result -> pay3.a     pay3.result -> pay4.a
slow4.result -> both.a       pay4.result -> both.b
both.result -> fan1.a        both.result -> fan2.a     both.result -> fan3.a     both.result -> fan4.a
fan1.result -> sum1.a        fan2.result -> sum1.b     fan3.result -> sum2.a     fan4.result -> sum2.b
sum1.result -> sum3.a        sum2.result -> sum3.b     sum3.result -> mail1.a    mail1.result -> mail2.a
start.result -> sends.a      sends.texts -> joins1.texts                         sends.texts -> joins2.texts
joins1.result -> texts.a     joins2.result -> texts.b  joins1.joined -> letters.text
slow2.result -> parity.a     parity.even -> even1.__execute                      parity.odd -> odd1.__execute
texts.result -> even1.a      texts.result -> odd1.a    even1.result -> even2.a   odd1.result -> odd2.a
even2.result -> merged.a     odd2.result -> merged.a
slow1.result -> breaks.a     breaks.__errorMessage -> rescued.text               rescued.result -> after.a
breaks.result -> lost1.a     texts.result -> loose.a
start.result -> nap1.a       nap1.result -> nap2.a
slow1.result -> emit1.a      pay2.result -> emit2.a    nap2.result -> emit3.a
orders.__success -> order1.__execute                   order1.result -> order2.a  order2.result -> order3.a
refunds.__success -> refund1.__execute                 refund1.result -> refund2.a
refund2.result -> refund3.a  notes.__success -> note1.__execute
"""

# By the name of the event that an execution runs for; None: the root.
CHILDREN = {None: ["order", "order", "refund"], "order": [], "refund": ["note"], "note": []}


def fifty_nodes() -> JsonObject:
    return flow_document(NODES, edges_of(EDGES))


def flow_document(
    nodes: Mapping[str, tuple[str, Mapping[str, object]]], edges: Iterable[str], edge_ids: str = "e"
) -> JsonObject:
    """An edge is written `source.port -> target.port`. `edge_ids`: how their ids begin."""
    types = node_types(Ledger())
    return {
        "id": "V2fault",
        "metadata": {"id": "V2fault", "name": "Faults", "schemaVersion": "v2"},
        "nodes": [_node(types, node_id, name, values) for node_id, (name, values) in nodes.items()],
        "edges": [_edge(f"{edge_ids}{place}", text) for place, text in enumerate(edges)],
    }


def edges_of(text: str) -> list[str]:
    words = text.split()
    return [" ".join(words[place : place + 3]) for place in range(0, len(words), 3)]


def _node(types: NodeTypes, node_id: str, name: str, values: Mapping[str, object]) -> JsonObject:
    definition = types.get(name)
    assert definition is not None, name
    document = new_node_document(definition, node_id)
    ports = document["ports"]
    for port in ports if is_list(ports) else []:
        config = port["config"] if is_object(port) else None
        if is_object(port) and is_object(config) and config["key"] in values:
            port["value"] = values[str(config["key"])]
    return document


def _edge(edge_id: str, text: str) -> JsonObject:
    source, target = (end.split(".", 1) for end in text.split(" -> "))
    return {
        "id": edge_id,
        "sourceNodeId": source[0],
        "sourcePortId": source[1],
        "targetNodeId": target[0],
        "targetPortId": target[1],
    }
