"""Who runs in an ordinary run, and who in a run for an event.

Ours: what an ordinary chain shares with an event chain runs in both kinds of run; children start when their
emitter has ended; a child inherits no controller, it is stopped by the stop of its tree.
"""

from itertools import pairwise

import pytest

from chaingraph.execution.execution import ExternalEvent
from chaingraph.execution.options import ExecutionOptions, OnNodeFailure
from chaingraph.ids import ExecutionId
from tests.acceptance.running import Seen, run
from tests.acceptance.sketches import Sketch, flow

PARENT = ExecutionId("EXparent")
TEST, EVENT_A, EVENT_B, OTHER = (ExternalEvent(name, {}) for name in ("test", "event-a", "event-b", "other"))


def listener(name: str = "test") -> Sketch:
    return "EventListenerNodeV2", {"eventName": name}


@pytest.mark.parametrize("parent", [None, PARENT], ids=["as a root", "as a child"])
def test_a_listener_and_what_is_upstream_of_it_run_for_its_event_only(parent: ExecutionId | None) -> None:
    document = flow({"up": "TextNode", "l": listener()}, "up => l")

    ordinary, matching, other = (run(document, event, parent=parent) for event in (None, TEST, OTHER))

    assert (ordinary.ran, matching.ran, other.ran) == (set(), {"up", "l"}, set())


def test_a_chain_that_leads_to_a_listener_does_not_run_in_an_ordinary_run() -> None:
    nodes = {"a": "TextNode", "b": "TextNode", "c": "TextNode", "l": listener()}

    assert run(flow(nodes, "a => b", "b => c", "c => l")).ran == set()


def test_a_node_beside_the_chain_runs_in_ordinary_runs_only() -> None:
    document = flow({"up": "TextNode", "l": listener(), "beside": "TextNode"}, "up => l")

    assert (run(document).ran, run(document, TEST).ran) == ({"beside"}, {"up", "l"})


def test_of_two_listeners_only_the_one_of_the_event_runs_with_what_is_upstream_of_it() -> None:
    document = flow(
        {"ua": "TextNode", "la": listener("event-a"), "ub": "TextNode", "lb": listener("event-b")},
        "ua => la",
        "ub => lb",
    )

    assert run(document, EVENT_A).ran == {"ua", "la"}


@pytest.mark.parametrize("length", [1, 3])
def test_what_feeds_a_node_behind_a_listener_runs_for_the_event_too(length: int) -> None:
    feeders = [f"f{place}" for place in range(length)]
    chain = [f"{one} => {next_}" for one, next_ in pairwise(feeders)]
    document = flow(
        {"up": "TextNode", "l": listener(), "down": "TextNode", **dict.fromkeys(feeders, "TextNode")},
        "up => l",
        "l => down",
        f"{feeders[-1]}.text -> down.text",
        *chain,
    )

    assert run(document).ran == set()
    assert run(document, TEST).ran == {"up", "l", "down", *feeders}


def test_a_long_chain_behind_a_listener_runs_for_its_event() -> None:
    below = {f"d{place}": "TextNode" for place in (1, 2, 3, 4)}
    document = flow({"l": listener(), **below}, "l => d1", "d1 => d2", "d2 => d3", "d3 => d4")

    assert (run(document).ran, run(document, TEST).ran) == (set(), {"l", *below})


@pytest.mark.parametrize(("name", "who"), [("event-a", "ann"), ("event-b", "bob")])
def test_a_port_that_two_listeners_feed_gets_what_the_one_of_the_event_gives(name: str, who: str) -> None:
    document = flow(
        {"la": listener("event-a"), "lb": listener("event-b"), "shared": "ObjectNode"},
        "la.eventPayload -> shared.object",
        "lb.eventPayload -> shared.object",
    )

    seen = run(document, ExternalEvent(name, {"who": who}))

    assert seen.ran == {f"l{name[-1]}", "shared"}
    assert seen.value("shared", "object") == {"who": who}


@pytest.mark.parametrize("letter", ["a", "b"])
def test_a_feeder_of_two_event_chains_runs_with_the_one_of_the_event(letter: str) -> None:
    document = flow(
        {
            "f": "TextNode",
            "la": listener("event-a"),
            "da": "TextNode",
            "lb": listener("event-b"),
            "db": "TextNode",
        },
        "f.text -> da.text",
        "f.text -> db.text",
        "la => da",
        "lb => db",
    )

    seen = run(document, ExternalEvent(f"event-{letter}", {}))

    assert seen.ran == {"f", f"l{letter}", f"d{letter}"}


def test_diamonds_and_branches_behind_a_listener_run_for_its_event() -> None:
    nodes = ("left", "right", "bottom", "branch", "feeder", "leaf")
    document = flow(
        {"l": listener(), **dict.fromkeys(nodes, "TextNode")},
        "l => left",
        "l => right",
        "left.text -> bottom.text",
        "right => bottom",
        "l => branch",
        "branch => leaf",
        "feeder.text -> leaf.text",
    )

    assert (run(document).ran, run(document, TEST).ran) == (set(), {"l", *nodes})


@pytest.mark.parametrize(
    ("nodes", "edges"),
    [
        ({"l": listener(), "down": "TextNode"}, ["l => down"]),
        ({"up": "TextNode", "l": listener()}, ["up => l"]),
        ({"l": listener()}, []),
    ],
    ids=["nothing upstream", "nothing downstream", "alone"],
)
def test_a_listener_runs_for_its_event_whatever_is_around_it(
    nodes: dict[str, Sketch], edges: list[str]
) -> None:
    document = flow(nodes, *edges)

    assert (run(document).ran, run(document, TEST).ran) == (set(), set(nodes))


@pytest.mark.parametrize(
    ("event", "others"), [(None, {"on", "both"}), (TEST, {"l", "below"})], ids=["ordinary run", "event"]
)
def test_a_node_that_does_not_run_by_itself_holds_up_nobody_who_has_another_source(
    event: ExternalEvent | None, others: set[str]
) -> None:
    document = flow(
        {"manual": "TextNode", "on": "TextNode", "both": "TextNode", "l": listener(), "below": "TextNode"},
        "manual.text -> both.text",
        "on.text -> both.text",
        "l => below",
    )
    document["nodes"][0]["metadata"]["flowPorts"] = {"disabledAutoExecution": True}

    assert run(document, event).ran == others


def test_nor_does_one_that_leads_to_what_a_listener_runs() -> None:
    document = flow(
        {"manual": "TextNode", "l": listener(), "below": "TextNode"}, "manual => below", "l => below"
    )
    document["nodes"][0]["metadata"]["flowPorts"] = {"disabledAutoExecution": True}

    assert (run(document).ran, run(document, TEST).ran) == (set(), {"l", "below"})


def test_a_legacy_listener_waits_for_its_event_and_gives_its_payload() -> None:
    document = _legacy_listener()

    ordinary = run(document)
    child = run(document, ExternalEvent("ping", {"who": "ann"}), parent=PARENT)

    assert ordinary.ran == set()
    assert child.ran == {"l"}
    assert child.value("l", "outputData") == {"who": "ann"}


def _legacy_listener() -> dict[str, object]:
    """As it was stored before ports had ids of their own."""
    name = {"config": {"id": "eventName:PO1", "key": "eventName", "type": "string", "direction": "input"}}
    given = {"config": {"id": "outputData:PO2", "key": "outputData", "type": "object", "direction": "output"}}
    given["config"]["schema"] = {"properties": {}}  # pyright: ignore[reportArgumentType]
    ports = {"eventName:PO1": {**name, "value": "ping"}, "outputData:PO2": {**given, "value": {}}}
    node = {
        "id": "l",
        "metadata": {"type": "EventListenerNode", "flowPorts": {"disabledAutoExecution": True}},
        "status": "initialized",
        "ports": ports,
    }
    return {"id": "V1", "metadata": {"id": "V1", "name": "Legacy"}, "nodes": [node], "edges": []}


def _emitted(seen: Seen) -> list[tuple[str, object]]:
    return [(spawned["eventName"], spawned["eventData"]) for spawned in seen.payloads("child:spawned")]


def test_what_a_node_emits_is_told_in_its_order_when_the_node_has_ended() -> None:
    seen = run(flow({"e": "EmitsThree"}))

    assert _emitted(seen) == [(name, {"place": n}) for n, name in enumerate(("one", "two", "three"), 1)]
    assert [type_ for type_, _ in seen.trace[-5:]] == [
        "node:completed",
        *["child:spawned"] * 3,
        "flow:completed",
    ]
    assert [emitted[0] for emitted in seen.memory.run.nodes[0].emitted] == ["one", "two", "three"]


def test_a_flow_that_emits_nothing_has_no_children() -> None:
    seen = run(flow({"n": "Sum"}))

    assert (_emitted(seen), len(seen.identities)) == ([], 1)


def test_nothing_is_emitted_after_the_flow_has_failed() -> None:
    document = flow(
        {
            "first": ("EventEmitterNode", {"eventName": "one"}),
            "bad": ("Throws", {"message": "no"}),
            "second": ("EventEmitterNode", {"eventName": "two"}),
        },
        "first => bad",
        "bad => second",
    )

    seen = run(document, options=ExecutionOptions(on_node_failure=OnNodeFailure.FAIL))

    assert _emitted(seen) == [("one", {})]
    assert seen.trace[-1] == ("flow:failed", None)


def test_a_child_knows_its_parent_its_depth_and_its_event() -> None:
    seen = run(flow({"e": ("EventEmitterNode", {"eventName": "ping", "payload": {"who": "ann"}})}))

    root, child = seen.identities
    assert (child.parent_id, child.root_id) == (root.execution_id, root.execution_id)
    assert (root.depth, child.depth) == (0, 1)
    assert child.external_event == ExternalEvent("ping", {"who": "ann"})
    assert (child.flow_id, child.owner_id) == (root.flow_id, root.owner_id)


def test_a_payload_reaches_its_listener_as_it_was_emitted_however_deep_it_is() -> None:
    payload: dict[str, object] = {
        "list": [1, [2, {"three": None}]],
        "text": "ä",
        "deep": {"a": {"b": {"c": 1.5}}},
    }
    document = flow(
        {
            "e": ("EventEmitterNode", {"eventName": "ping", "payload": payload}),
            "l": listener("ping"),
            "o": "ObjectNode",
        },
        "l.eventPayload -> o.object",
    )

    (child,) = run(document).memory.children

    values = {str(node.plan.node.id): node.values for node in child.run.nodes if node.attempt}
    assert set(values) == {"l", "o"}
    assert {**values["o"]}["object"] == payload  # pyright: ignore[reportArgumentType]


def test_a_value_that_an_ordinary_node_shares_with_an_event_chain_runs_in_both() -> None:
    document = flow(
        {"shared": ("TextNode", {"text": "a"}), "ordinary": "TextNode", "l": listener(), "down": "TextNode"},
        "shared.text -> ordinary.text",
        "l => down",
        "shared.text -> down.text",
    )

    ordinary, matching = run(document), run(document, TEST)

    assert (ordinary.ran, matching.ran) == ({"shared", "ordinary"}, {"shared", "l", "down"})
    assert ordinary.value("ordinary", "text") == matching.value("down", "text") == "a"
