"""Executions with many descendants, in real processes, also with fewer slots than children."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.local_system import System
from tests.raw_socket import Json, raw_socket
from tests.sketched_flows import Nodes, flow_document

pytestmark = [pytest.mark.xdist_group("system"), pytest.mark.timeout(240)]

Record = Callable[[str, object], None]


def broad(count: int) -> dict[str, Any]:
    """A root that emits so many events, and what runs for each."""
    nodes: dict[str, tuple[str, Mapping[str, object]]] = {
        f"emit{place}": ("EventEmitterNode", {"eventName": "ping"}) for place in range(count)
    }
    return flow_document("broad", {**nodes, **LISTENING}, ["hear.__success -> work.__execute"])


def deep(levels: int) -> dict[str, Any]:
    """Each level emits the event of the next one."""
    nodes: dict[str, tuple[str, Mapping[str, object]]] = {"emit1": ("EventEmitterNode", {"eventName": "l1"})}
    for level in range(1, levels + 1):
        nodes[f"hear{level}"] = ("EventListenerNodeV2", {"eventName": f"l{level}"})
        nodes[f"emit{level + 1}"] = ("EventEmitterNode", {"eventName": f"l{level + 1}"})
    del nodes[f"emit{levels + 1}"]
    edges = [f"hear{level}.__success -> emit{level + 1}.__execute" for level in range(1, levels)]
    return flow_document("deep", nodes, edges)


LISTENING: Nodes = {
    "hear": ("EventListenerNodeV2", {"eventName": "ping"}),
    "work": ("SleepNode", {"duration": 20}),
}


def ran(system: System, document: dict[str, Any]) -> tuple[list[Json], list[Json], float]:
    """The root's events, the tree, and how many seconds it took from the start to the end."""
    token = system.token()
    flow_id = system.store(document, token=token)
    with raw_socket(system) as socket:
        root_id = socket.call("create", flowId=flow_id)["executionId"]
        socket.subscribe(root_id)
        began = time.monotonic()
        started = system.request("POST", f"/v1/executions/{root_id}/start", {}, token=token)
        assert started.status == 200, started.body
        events = [*socket.events()]
        seconds = time.monotonic() - began
    tree = system.request("GET", f"/v1/executions/{root_id}/tree", token=token).json
    return events, tree, seconds


def statuses(tree: list[Json]) -> Counter[str]:
    return Counter(row["execution"]["status"] for row in tree)


def kinds(events: list[Json]) -> Counter[str]:
    return Counter(event["type"] for event in events)


def test_a_hundred_children_of_one_parent_complete(local_system: System, record_property: Record) -> None:
    events, tree, seconds = ran(local_system, broad(100))

    record_property("seconds", seconds)
    counted = kinds(events)
    assert statuses(tree) == {"completed": 101}
    assert (counted["child:spawned"], counted["child:completed"], counted["child:failed"]) == (100, 100, 0)
    assert [event["index"] for event in events] == list(range(-1, len(events) - 1))


def test_a_tree_twenty_deep_completes(local_system: System, record_property: Record) -> None:
    events, tree, seconds = ran(local_system, deep(20))

    record_property("seconds", seconds)
    assert statuses(tree) == {"completed": 21}
    assert [row["level"] for row in tree] == list(range(21))
    assert kinds(events)["child:completed"] == 1


def test_a_parent_with_more_children_than_slots_completes(
    limited_system: System, record_property: Record
) -> None:
    events, tree, seconds = ran(limited_system, broad(100))

    record_property("seconds", seconds)
    assert statuses(tree) == {"completed": 101}
    assert kinds(events)["child:completed"] == 100


def test_a_child_too_many_fails_its_node_with_the_limit(local_system: System) -> None:
    events, tree, _ = ran(local_system, broad(101))

    assert statuses(tree) == {"completed": 101}
    (failed,) = failures(events)
    assert failed == "Maximum number of child executions exceeded: 100"


def test_a_level_too_many_fails_its_node_with_the_limit(limited_system: System) -> None:
    _, tree, _ = ran(limited_system, deep(4))

    assert statuses(tree) == {"completed": 4}
    told = limited_system.request(
        "GET", f"/v1/executions/{tree[-1]['execution']['id']}/events", token=limited_system.token()
    )
    assert failures(told.json["events"]) == ["Maximum execution depth exceeded: 4"]


def failures(events: list[Json]) -> list[str]:
    return [event["data"]["json"]["error"]["message"] for event in events if event["type"] == "node:failed"]
