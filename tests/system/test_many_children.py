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


def growing(count: int) -> dict[str, Any]:
    """A root that emits an event every few milliseconds, each for a child that takes longer."""
    nodes: dict[str, tuple[str, Mapping[str, object]]] = {
        "hear": ("EventListenerNodeV2", {"eventName": "ping"}),
        "work": ("SleepNode", {"duration": 300}),
        "rest": ("SleepNode", {"duration": 300}),
    }
    edges = ["hear.__success -> work.__execute", "work.__success -> rest.__execute"]
    for place in range(count):
        nodes[f"emit{place}"] = ("EventEmitterNode", {"eventName": "ping"})
        nodes[f"breath{place}"] = ("SleepNode", {"duration": 20})
        edges.append(f"emit{place}.__success -> breath{place}.__execute")
        if place:
            edges.append(f"breath{place - 1}.__success -> emit{place}.__execute")
    return flow_document("growing", nodes, edges)


class Growing:
    """A tree that has begun to grow."""

    def __init__(self, system: System, count: int) -> None:
        self.system, self.token = system, system.token()
        flow_id = system.store(growing(count), token=self.token)
        made = system.request("POST", "/v1/executions", {"flowId": flow_id}, token=self.token)
        self.root_id = made.json["executionId"]
        self.command("start")
        self.wait_until(lambda seen: len(seen) > 4)

    def command(self, name: str) -> None:
        path = f"/v1/executions/{self.root_id}/{name}"
        answer = self.system.request("POST", path, {}, token=self.token)
        assert answer.status == 200, answer.body

    def wait_until(self, is_true: Callable[[list[str]], bool]) -> list[str]:
        """The statuses of all executions of the tree."""
        path = f"/v1/executions/{self.root_id}/tree"
        while True:
            tree = self.system.request("GET", path, token=self.token).json
            seen = [row["execution"]["status"] for row in tree]
            if is_true(seen):
                return seen
            time.sleep(0.05)


ENDED = {"completed", "failed", "stopped"}


def test_a_tree_that_is_paused_while_it_grows_stands_still_and_completes_later(local_system: System) -> None:
    tree = Growing(local_system, 30)
    tree.command("pause")

    paused = tree.wait_until(lambda seen: {*seen} <= {"paused", *ENDED})
    tree.command("resume")
    ended = tree.wait_until(lambda seen: {*seen} <= ENDED)

    assert paused[0] == "paused"
    assert 4 < len(paused) < 31
    assert Counter(ended) == {"completed": 31}


def test_a_tree_that_is_stopped_while_it_grows_ends_as_a_whole(local_system: System) -> None:
    tree = Growing(local_system, 30)
    tree.command("stop")

    ended = tree.wait_until(lambda seen: {*seen} <= ENDED)

    assert ended[0] == "stopped"
    assert {*ended} <= {"stopped", "completed"}
    assert 4 < len(ended) < 31
