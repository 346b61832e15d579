import copy
from typing import cast

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaingraph.errors import NotFound
from chaingraph.execution.events import Event
from chaingraph.ids import EventIndex
from chaingraph.wire.snapshots import Snapshots
from chaingraph.wire.values import Json
from tests.unit.wire.recorded_events import EVENTS, RECORDED

Document = dict[str, object]
NODES = ("NumberNode:NOa", "MathNode:NOm")


def _event(kind: str, payload: object) -> Event:
    return Event(EventIndex(0), kind, 0, orjson.dumps(payload))


def _node(envelope: bytes) -> dict[str, Json]:
    return orjson.loads(envelope)["json"]["node"]


def test_events_become_what_the_reference_engine_sends() -> None:
    snapshots = Snapshots(RECORDED["document"])

    sent = [orjson.loads(snapshots.expand(event)) for event in EVENTS]

    assert sent == [cast("dict[str, Json]", event)["data"] for event in RECORDED["sent"]]


@pytest.mark.parametrize("start", range(len(EVENTS)))
def test_a_reader_may_begin_anywhere_if_it_folds_what_came_before(start: int) -> None:
    whole, begun = Snapshots(RECORDED["document"]), Snapshots(RECORDED["document"])

    expected = [whole.expand(event) for event in EVENTS][start:]
    for event in EVENTS[:start]:
        begun.fold(event)

    assert [begun.expand(event) for event in EVENTS[start:]] == expected


def test_the_document_is_shared_and_not_changed() -> None:
    document = copy.deepcopy(RECORDED["document"])
    snapshots = Snapshots(document)

    for event in EVENTS:
        snapshots.expand(event)

    assert document == RECORDED["document"]


def test_a_node_without_the_optional_parts_is_completed() -> None:
    snapshots = Snapshots({"nodes": [{"id": "n", "ports": [{"config": {"key": "a", "type": "any"}}]}]})

    snapshots.fold(_event("node:status-changed", {"nodeId": "n", "newStatus": "executing"}))
    node = _node(snapshots.expand(_event("node:completed", {"nodeId": "n", "values": {"a": [1]}})))

    assert node == {
        "id": "n",
        "metadata": {"version": 2},
        "status": "executing",
        "systemPorts": {
            "execute": {"id": "__execute", "value": True},
            "success": {"id": "__success", "value": True},
            "error": {"id": "__error", "value": False},
            "errorMessage": {"id": "__errorMessage", "value": ""},
        },
        "ports": [{"config": {"key": "a", "type": "any"}, "value": [1]}],
    }


def test_a_system_port_without_value_has_none() -> None:
    snapshots = Snapshots(RECORDED["document"])
    event = _event("node:completed", {"nodeId": NODES[0], "system": [None, True, False, ""]})

    ports = cast("dict[str, Json]", _node(snapshots.expand(event))["systemPorts"])

    assert ports["execute"] == {"id": "__execute"}


def test_a_secret_of_the_document_or_of_an_event_is_never_shown() -> None:
    config = {"id": "key", "type": "secret"}
    document = {"nodes": [{"id": "n", "ports": [{"config": config, "value": {"encrypted": "hidden"}}]}]}
    snapshots = Snapshots(document)

    before = snapshots.expand(_event("node:started", {"nodeId": "n"}))
    after = snapshots.expand(_event("node:completed", {"nodeId": "n", "values": {"key": "hidden"}}))

    assert b"hidden" not in before + after
    assert _node(after)["ports"] == [{"config": config}]


def test_words_that_are_written_in_the_flow_are_not_shown() -> None:
    ports = [
        {
            "config": {"key": "unencryptedData", "type": "object"},
            "value": {"apiKey": "hunter2", "pin": "1234"},
        },
        {"config": {"key": "secretType", "type": "enum"}, "value": "openai"},
    ]
    node = {"id": "n", "metadata": {"type": "UnencryptedSecret"}, "ports": ports}

    shown = Snapshots({"nodes": [node]}).expand(_event("node:started", {"nodeId": "n"}))

    assert b"openai" in shown
    assert b"hunter2" not in shown
    assert b"1234" not in shown


def test_headers_that_are_written_in_the_flow_are_shown_without_their_credentials() -> None:
    header = "Authorization: Bearer hunter2"
    connection = {"headers": [{"key": "X-Api-Key", "value": "hunter2"}]}
    ports = [
        {
            "config": {"key": "headers", "type": "string", "defaultValue": header},
            "value": f"Accept: x\n{header}",
        },
        {"config": {"key": "connection", "type": "object"}, "value": connection},
    ]

    shown = Snapshots({"nodes": [{"id": "n", "ports": ports}]}).expand(
        _event("node:started", {"nodeId": "n"})
    )

    assert b"Accept: x" in shown
    assert b"hunter2" not in shown


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("node:started", {"nodeId": "x"}),
        ("node:completed", {"nodeId": NODES[0], "values": {"x": 1}}),
        ("node:status-changed", {"nodeId": "x", "newStatus": "executing"}),
        ("edge:transfer-completed", {"edgeId": "x", "transferTime": 1}),
    ],
)
def test_an_event_about_what_the_flow_does_not_have_is_refused(kind: str, payload: Json) -> None:
    with pytest.raises(NotFound):
        Snapshots(RECORDED["document"]).expand(_event(kind, payload))


def test_an_event_of_an_unknown_type_passes_as_it_is_stored() -> None:
    event = _event("flow:celebrated", {"cake": True})

    assert Snapshots(RECORDED["document"]).expand(event) == b'{"json":{"cake":true}}'


def test_spaces_in_a_stored_event_do_no_harm() -> None:
    snapshots = Snapshots(RECORDED["document"])

    for payload in (b"{ }", b'{ "reason" : "r" }'):
        envelope = snapshots.expand(Event(EventIndex(0), "flow:paused", 0, payload))
        assert orjson.loads(envelope)["json"].keys() >= {"flowMetadata"}


values = st.one_of(
    st.none(), st.integers(-9, 9), st.text(max_size=3), st.lists(st.integers(0, 9), max_size=2)
)
changed_values = st.dictionaries(st.sampled_from(["a", "b", "note"]), values)
changed_parts = st.fixed_dictionaries(
    {"nodeId": st.sampled_from(NODES), "executionTime": st.just(1)},
    optional={"values": changed_values, "system": st.just([True, False, None, "x"])},
)
changed_status = st.fixed_dictionaries(
    {"nodeId": st.sampled_from(NODES), "newStatus": st.sampled_from(["executing", "completed", "error"])}
)
changes = st.one_of(
    st.builds(
        _event, st.sampled_from(["node:started", "node:completed", "debug:breakpoint-hit"]), changed_parts
    ),
    st.builds(_event, st.just("node:status-changed"), changed_status),
)


def _changed_plainly(document: Document, event: Event) -> None:
    """The same fold without any cache, over the document itself."""
    payload: dict[str, Json] = orjson.loads(event.payload)
    nodes = cast("list[dict[str, Json]]", document["nodes"])
    (node,) = (node for node in nodes if node["id"] == payload["nodeId"])
    if "newStatus" in payload:
        metadata = cast("dict[str, int]", node["metadata"])
        node["status"], metadata["version"] = payload["newStatus"], metadata["version"] + 1
    changed = cast("dict[str, Json]", payload.get("values", {}))
    for port in cast("list[dict[str, Json]]", node["ports"]):
        _set(port, changed, cast("dict[str, str]", port["config"])["id"])
    if "system" in payload:
        written = cast("list[Json]", payload["system"])
        system = cast("dict[str, dict[str, Json]]", node["systemPorts"])
        for name, value in zip(system, written, strict=True):
            _set(system[name], {name: value}, name)


def _set(port: dict[str, Json], changed: dict[str, Json], name: str) -> None:
    if name in changed:
        port.pop("value", None)
        if changed[name] is not None:
            port["value"] = changed[name]


@given(st.lists(changes, max_size=12))
def test_the_fold_equals_a_plain_one(events: list[Event]) -> None:
    document = copy.deepcopy(RECORDED["document"])
    for node in cast("list[dict[str, Json]]", document["nodes"]):
        node["ports"] = [{"config": {"id": name}, "value": 0} for name in ("a", "b", "note")]
    snapshots = Snapshots(copy.deepcopy(document))

    for event in events:
        envelope = snapshots.expand(event)
        _changed_plainly(document, event)
        if event.type != "node:status-changed":
            assert _node(envelope) in cast("list[Json]", document["nodes"])
