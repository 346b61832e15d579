"""Flows and events as text. Ours: what cannot be loaded is refused as a whole, with every problem of it.

Events are written and never read back as objects: the log keeps their bytes, so that a client gets what was
encoded when the event was made.
"""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaingraph.execution.events import Event, EventType
from chaingraph.graph.document import dump_flow, load_flow
from chaingraph.graph.values import initial_values, stored_form
from chaingraph.ids import EventIndex, PortId, RequestId
from chaingraph.subscriptions import Snapshot
from chaingraph.wire.event_messages import encode_event, events_message, stored_envelope
from chaingraph.wire.snapshots import Snapshots
from tests.acceptance.running import run
from tests.acceptance.sketches import NODE_TYPES, flow

TEXT, NUMBER = {"type": "string"}, {"type": "number"}
AT_MS = 1_767_600_000_123
CHILD = {"parentExecutionId": "EXp", "childExecutionId": "EXc", "eventName": "ping"}
ERROR = {"error": {"name": "Error", "message": "no ‟paper‟"}}


@pytest.mark.parametrize(
    "document",
    [
        flow({}),
        flow(
            {"n1": ("Sum", {"A": 5}), "n2": ("Sum", {"B": 20}), "g": "GroupNode"},
            "n1.output -> n2.A",
            "n1 => n2",
        ),
    ],
    ids=["an empty flow", "connected nodes"],
)
def test_a_flow_survives_being_written_and_read(document: dict[str, Any]) -> None:
    loaded = load_flow(orjson.dumps(document), NODE_TYPES)

    again = load_flow(orjson.dumps(dump_flow(loaded)), NODE_TYPES)

    assert dump_flow(again) == document
    assert (again.nodes, again.edges, again.metadata) == (loaded.nodes, loaded.edges, loaded.metadata)


def _array(element: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "itemConfig": element, "isMutable": True}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "schema": {"properties": properties}, "isSchemaMutable": True}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (TEXT, 'ä ✓ 😀 \x00 \u2028 \\ "'),
        (NUMBER, -1.5e-7),
        (NUMBER, 2**53),
        ({"type": "boolean"}, True),
        ({"type": "enum", "options": [{"id": "red", **TEXT}, {"id": "blue", **TEXT}]}, "blue"),
        (_array(NUMBER), [1, 2.5]),
        (_array(_array(_array(NUMBER))), [[[1], []], [[2, 3]]]),
        (_object(name=TEXT, home=_object(rooms=_array(NUMBER))), {"name": "ann", "home": {"rooms": [3]}}),
        (_object(name=TEXT), {"name": "ann", "added": {"later": [None, True]}}),
        ({"type": "any"}, {"a": [1, "two", None]}),
        ({"type": "any", "underlyingType": NUMBER}, 7),
        ({"type": "stream", "itemConfig": TEXT}, {"type": "stream", "buffer": ["a"], "isClosed": True}),
        ({"type": "secret", "secretType": "openai"}, {"encrypted": "a", "hkdfNonce": "b", "publicKey": "c"}),
    ],
)
def test_a_port_of_every_type_keeps_its_configuration_and_its_value(
    kind: dict[str, Any], value: object
) -> None:
    document = flow({"n": "TextNode"})
    config = {"id": "p", "key": "p", "direction": "passthrough", "order": 1, "ui": {"hidden": True}, **kind}
    document["nodes"][0]["ports"] = [{"config": config, "value": value}]

    loaded = load_flow(orjson.dumps(document), NODE_TYPES)

    (node,) = loaded.nodes
    port = node.ports[PortId("p")]
    assert dump_flow(loaded) == document
    assert stored_form(port, initial_values(node)[port.id]) == value


def test_stored_values_of_system_ports_survive() -> None:
    document = flow({"n": "TextNode"})
    document["nodes"][0]["systemPorts"]["execute"]["value"] = False
    document["nodes"][0]["systemPorts"]["errorMessage"]["value"] = "last time"

    loaded = load_flow(orjson.dumps(document), NODE_TYPES)

    (node,) = loaded.nodes
    assert dump_flow(loaded) == document
    assert (node.system.execute, node.system.error_message) == (False, "last time")


DOCUMENT = flow({"a": ("TextNode", {"text": "x"}), "b": "TextNode"}, "a.text -> b.text")
NODE = {
    "nodeId": "a",
    "executionTime": 2**52,
    "values": {"text": "ä ✓ 😀"},
    "system": [True, False, True, "e"],
}
PAYLOADS: dict[EventType, dict[str, Any]] = {
    EventType.EXECUTION_CREATED: {"executionId": "EX", "flowMetadata": {"name": "x", "description": None}},
    EventType.FLOW_SUBSCRIBED: {},
    EventType.FLOW_STARTED: {},
    EventType.FLOW_COMPLETED: {"executionTime": 2**52},
    EventType.FLOW_FAILED: {**ERROR, "executionTime": 1},
    EventType.FLOW_CANCELLED: {"reason": "ä ✓ 😀", "executionTime": 1},
    EventType.FLOW_PAUSED: {"reason": ""},
    EventType.FLOW_RESUMED: {},
    EventType.NODE_STARTED: {"nodeId": "a"},
    EventType.NODE_COMPLETED: NODE,
    EventType.NODE_FAILED: {**NODE, **ERROR},
    EventType.NODE_SKIPPED: {"nodeId": "a", "reason": "upstream not resolved"},
    EventType.NODE_STATUS_CHANGED: {"nodeId": "a", "oldStatus": "idle", "newStatus": "initialized"},
    EventType.NODE_DEBUG_LOG: {"nodeId": "a", "log": "\x00 \u2028 </script>"},
    EventType.EDGE_TRANSFER_STARTED: {"edgeId": "e1"},
    EventType.EDGE_TRANSFER_COMPLETED: {"edgeId": "e1", "transferTime": 0},
    EventType.EDGE_TRANSFER_FAILED: {"edgeId": "e1", **ERROR},
    EventType.CHILD_SPAWNED: {**CHILD, "rootExecutionId": "EXp", "eventData": {"deep": [{"x": None}]}},
    EventType.CHILD_COMPLETED: CHILD,
    EventType.CHILD_FAILED: {**CHILD, **ERROR},
    EventType.CALLBACK_OPENED: {"nodeId": "a", "portId": "text", "until": None, "values": {"text": "u"}},
    EventType.BREAKPOINT_HIT: {"nodeId": "a", "values": {"text": "y"}},
    EventType.STREAM_CHUNK: {
        "nodeId": "a",
        "portId": "p",
        "attempt": 1,
        "position": 0,
        "elements": ["x", None],
    },
}
REBUILT = {"nodeId", "edgeId", "values", "system"}
"""Of the stored payload: what full events say as a node or an edge."""


def _event(type_: EventType, index: int = 0) -> Event:
    return Event(EventIndex(index), type_, AT_MS, orjson.dumps(PAYLOADS[type_]))


@pytest.mark.parametrize("type_", EventType)
def test_an_event_of_every_type_reaches_a_client_as_it_was_stored(type_: EventType) -> None:
    event = _event(type_, 8)

    (sent,) = _sent(Snapshot.VALUES, (encode_event(event, stored_envelope(event)),))

    assert sent == {
        "index": 8,
        "type": type_.value,
        "timestamp": "2026-01-05T08:00:00.123Z",
        "data": {"json": PAYLOADS[type_]},
    }


@pytest.mark.parametrize("type_", EventType)
def test_a_full_event_of_every_type_says_the_same_with_its_node_or_edge(type_: EventType) -> None:
    event = _event(type_, 8)

    (sent,) = _sent(Snapshot.FULL, (encode_event(event, Snapshots(DOCUMENT).expand(event)),))

    told = sent["data"]["json"]
    rest = {key: part for key, part in PAYLOADS[type_].items() if key not in REBUILT or key in told}
    assert {key: told[key] for key in rest} == rest
    assert (sent["index"], sent["timestamp"]) == (8, "2026-01-05T08:00:00.123Z")
    if type_ in (EventType.NODE_COMPLETED, EventType.NODE_FAILED):
        assert told["node"]["ports"][0]["value"] == "ä ✓ 😀"
        assert told["node"]["systemPorts"]["error"]["value"] is True
    if type_.startswith("edge:"):
        assert told["serializedEdge"]["targetNodeId"] == "b"
    if "error" in PAYLOADS[type_]:
        assert sent["data"]["meta"]["values"]["error"] == ["Error"]


def test_a_batch_says_of_every_event_what_a_message_of_its_own_would() -> None:
    snapshots = Snapshots(DOCUMENT)
    events = [_event(type_, place) for place, type_ in enumerate(EventType)]
    encoded = [encode_event(event, snapshots.expand(event)) for event in events]

    batch = _sent(Snapshot.FULL, encoded)

    assert batch == [_sent(Snapshot.FULL, [one])[0] for one in encoded]
    assert [sent["index"] for sent in batch] == list(range(len(EventType)))


def _sent(snapshot: Snapshot, encoded: Any) -> list[dict[str, Any]]:
    """The events of a message, read by another JSON library than the one that wrote it."""
    message = events_message(RequestId("1"), encoded, cursor=EventIndex(8), snapshot=snapshot)
    return json.loads(message)["result"]["data"]["json"]


@given(st.text())
def test_any_text_comes_through_a_run_as_it_was(text: str) -> None:
    seen = run(flow({"a": ("TextNode", {"text": text}), "b": "TextNode"}, "a.text -> b.text"))

    assert seen.value("b", "text") == text


def test_a_node_without_system_ports_runs_as_one_that_was_just_added() -> None:
    document = flow({"n": ("Sum", {"A": 1, "B": 2})})
    del document["nodes"][0]["systemPorts"]

    seen = run(document)

    assert (seen.value("n", "output"), seen.system("n")) == (3, [True, True, False, ""])


def test_the_children_of_an_array_are_those_of_its_present_elements() -> None:
    document = flow(
        {
            "source": ("ArrayNode", {"array": [1, 2]}),
            "more": "Appends",
            "last": "Sum",
            "none": ("Sum", {"A": 9}),
        },
        "source.array -> more.elements",
        "more.output[2] -> last.A",
        "source.array[2] -> none.A",
    )

    seen = run(document)

    assert (seen.value("last", "output"), seen.value("none", "A")) == (4, None)
