"""The examples are flows as an editor stores them, and do what their descriptions say."""

import asyncio
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from chaingraph.cli.examples import example_names, read_example
from chaingraph.cli.in_process import run_in_process
from chaingraph.cli.progress import facts_of
from chaingraph.graph.catalogue import new_node_document
from chaingraph.graph.document import load_flow
from chaingraph.graph.flow import SYSTEM_PORTS
from chaingraph.graph.json_types import JsonObject
from chaingraph.nodes.built_in import built_in_node_types
from chaingraph.subscriptions import Snapshot

NAMES = example_names()


@pytest.mark.parametrize("name", NAMES)
def test_an_example_loads_without_a_problem(name: str) -> None:
    assert load_flow(read_example(name), built_in_node_types()).nodes


@pytest.mark.parametrize("name", NAMES)
def test_an_example_has_a_name_a_purpose_and_places_for_its_nodes(name: str) -> None:
    document = example(name)

    assert document["metadata"]["name"]
    assert document["metadata"]["description"]
    places = [str(node["metadata"]["ui"]["position"]) for node in document["nodes"]]
    assert len(set(places)) == len(places)
    assert all(node["metadata"]["title"] for node in document["nodes"])


@pytest.mark.parametrize("name", NAMES)
def test_the_nodes_of_an_example_name_the_connections_that_its_edges_make(name: str) -> None:
    document = example(name)

    expected = sorted(end for edge in document["edges"] for end in ends(edge))
    assert sorted(connections(document)) == expected
    in_configs = [end for end in expected if end[1] not in SYSTEM_PORTS]
    assert sorted(connections_in_configs(document)) == in_configs


@pytest.mark.parametrize("name", NAMES)
def test_an_example_has_the_ports_that_its_node_types_declare(name: str) -> None:
    types = built_in_node_types()
    for node in example(name)["nodes"]:
        definition = types.get(node["type"])
        assert definition is not None
        fresh: dict[str, Any] = new_node_document(definition, node["id"])
        assert [port["config"]["id"] for port in node["ports"]] == [
            port["config"]["id"] for port in fresh["ports"]
        ]


def test_branch_greets_the_customer_of_a_large_order() -> None:
    run = Ran(quick("branch"))

    assert run.last("flow:completed")
    assert run.values("discount") == {"a": 228, "result": 205.2}
    assert run.logs == ["Thank you for your large order, it is on its way with 10 % off"]
    assert run.ended("welcome") == "node:skipped"


def test_branch_greets_the_customer_of_a_small_order() -> None:
    document = quick("branch")
    change(document, "quantity", "num", 2)

    run = Ran(document)

    assert run.logs == ["Thank you. Spend a little more for 10 % off"]
    assert [run.ended(node) for node in ("discount", "pack", "deliver", "thanks")] == ["node:skipped"] * 4


def test_error_path_goes_on_with_another_text() -> None:
    run = Ran(quick("error-path"))

    assert run.last("flow:completed")
    assert run.ended("share") == "node:failed"
    assert run.logs == ["Division by zero is not allowed", "Nobody is here to pay"]
    assert run.values("answer") == {"text": "Nobody is here to pay"}


def test_error_path_divides_where_there_is_somebody() -> None:
    document = quick("error-path")
    change(document, "people", "num", 3)

    run = Ran(document)

    assert run.logs == ["28.00"]
    assert run.ended("nobody") == "node:skipped"


def test_every_reader_of_the_stream_reads_it_from_its_beginning() -> None:
    run = Ran(quick("stream"))

    assert run.last("flow:completed")
    assert run.values("sentence")["buffer"] == "Flows are graphs of small steps."
    assert run.values("length")["length"] == 32
    assert run.values("has-begun")["isStreamStarted"] is True
    assert sorted(run.logs) == ["Flows are graphs of small steps.", "The talk has begun"]


def test_ping_pong_passes_the_payload_from_child_to_child() -> None:
    run = Ran(quick("ping-pong"))

    assert run.last("flow:completed")
    assert [facts["eventName"] for facts in run.facts("child:spawned")] == ["ping", "pong"]
    assert [facts["executionDepth"] for facts in run.facts("execution:created")] == [0, 1, 2]
    assert run.values("pong") == {"payload": {"who": "Ann"}}
    assert run.logs == ["Ann"]


def test_the_naps_come_one_after_the_other() -> None:
    run = Ran(quick("ten-naps"))

    assert run.last("flow:completed")
    assert [facts["nodeId"] for facts in run.facts("node:completed")] == [f"nap-{n}" for n in range(1, 11)]


def test_ten_naps_take_ten_seconds() -> None:
    flow = load_flow(read_example("ten-naps"), built_in_node_types())

    assert [node.values for node in flow.nodes] == [{"duration": 1000, "actualDuration": 0}] * 10


def test_both_ways_of_the_diamond_meet_in_the_total() -> None:
    run = Ran(quick("diamond"))

    assert run.last("flow:completed")
    assert run.values("total") == {"a": 95.2, "b": 4, "result": 99.2}
    assert run.values("tag")["text"] == "99.20"


class Ran:
    """What a run of a flow and its children said."""

    def __init__(self, document: JsonObject) -> None:
        self.events: list[JsonObject] = []
        flow = load_flow(orjson.dumps(document), built_in_node_types())
        asyncio.run(run_in_process(flow, None, Snapshot.VALUES, lambda _, event: self.events.append(event)))

    def facts(self, kind: str) -> list[dict[str, Any]]:
        return [facts_of(event) for event in self.events if event["type"] == kind]

    @property
    def logs(self) -> list[str]:
        return [facts["log"] for facts in self.facts("node:debug-log-string")]

    def last(self, kind: str) -> bool:
        return self.events[-1]["type"] == kind

    def values(self, node_id: str) -> dict[str, Any]:
        """What changed in the node, the last time that it completed."""
        return [facts["values"] for facts in self.facts("node:completed") if facts["nodeId"] == node_id][-1]

    def ended(self, node_id: str) -> object:
        """The type of the node's last event."""
        return [event["type"] for event in self.events if facts_of(event).get("nodeId") == node_id][-1]


def example(name: str) -> dict[str, Any]:
    return orjson.loads(read_example(name))


def quick(name: str) -> dict[str, Any]:
    """The example with shorter naps."""
    document = example(name)
    for node in document["nodes"]:
        if node["type"] == "SleepNode":
            change(document, node["id"], "duration", 1)
    return document


def change(document: dict[str, Any], node_id: str, port_id: str, value: object) -> None:
    ports = next(node["ports"] for node in document["nodes"] if node["id"] == node_id)
    port = next(port for port in ports if port["config"]["id"] == port_id)
    port["value"] = value


def ends(edge: dict[str, str]) -> list[tuple[str, ...]]:
    """Node and port of one end, then of the other, from both sides."""
    source = edge["sourceNodeId"], edge["sourcePortId"]
    target = edge["targetNodeId"], edge["targetPortId"]
    return [(*source, *target), (*target, *source)]


def connections(document: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for node in document["nodes"]:
        for port_id, others in node["connections"].items():
            for other in others:
                yield node["id"], port_id, other["nodeId"], other["portId"]


def connections_in_configs(document: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for node in document["nodes"]:
        for config in configs(port["config"] for port in node["ports"]):
            for other in config.get("connections", ()):
                yield node["id"], config["id"], other["nodeId"], other["portId"]


def configs(found: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for config in found:
        yield config
        yield from configs(iter(config.get("schema", {}).get("properties", {}).values()))
