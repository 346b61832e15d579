"""Why an execution is not progressing, as `GET /v1/executions/{id}` of the running system tells it."""

import os
import signal
import time
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from tests.local_system import System
from tests.sketched_flows import Nodes, chain_of_sleeps, flow_document

pytestmark = [pytest.mark.xdist_group("system"), pytest.mark.timeout(120)]

HOUR_MS = 3_600_000
EXECUTIONS = "/v1/executions"
# Two hold both slots: no sleep is long enough to leave the engine.
BUSY = chain_of_sleeps(100, 3000)
NUMBER: Nodes = {"a": ("NumberNode", {"num": 1})}


def created(system: System, document: Mapping[str, Any], **fields: object) -> str:
    token = system.token()
    asked = {"flowId": system.store(document, token=token), **fields}
    return system.request("POST", EXECUTIONS, asked, token=token).json["executionId"]


def command(system: System, execution_id: str, name: str, **fields: object) -> None:
    answer = system.request("POST", f"{EXECUTIONS}/{execution_id}/{name}", fields, token=system.token())
    assert answer.status == 200, answer.body


def started(system: System, document: Mapping[str, Any], **fields: object) -> str:
    execution_id = created(system, document, **fields)
    command(system, execution_id, "start")
    return execution_id


def waiting(system: System, execution_id: str) -> Any:
    return system.request("GET", f"{EXECUTIONS}/{execution_id}", token=system.token()).json["waiting"]


def reason(system: System, execution_id: str, kind: str) -> Any:
    """Why it waits, as soon as it waits for this."""
    while (told := waiting(system, execution_id)) is None or told["kind"] != kind:
        time.sleep(0.02)
    return told


@contextmanager
def both_slots_taken(system: System) -> Generator[list[str]]:
    busy = [started(system, BUSY) for _ in range(2)]
    try:
        for execution_id in busy:
            while not is_running(system, execution_id):
                time.sleep(0.02)
        yield busy
    finally:
        stop(system, busy)


def is_running(system: System, execution_id: str) -> bool:
    path = f"{EXECUTIONS}/{execution_id}/events?types=node:started"
    return bool(system.request("GET", path, token=system.token()).json["events"])


def stop(system: System, executions: Iterable[str]) -> None:
    for execution_id in executions:
        command(system, execution_id, "stop")


def test_one_that_was_created_waits_for_its_start(local_system: System) -> None:
    execution_id = created(local_system, flow_document("one", NUMBER))

    told = waiting(local_system, execution_id)
    assert told["kind"] == "start"
    assert told["until"].endswith("Z")


def test_one_without_a_slot_is_told_its_place(limited_system: System) -> None:
    with both_slots_taken(limited_system):
        first = started(limited_system, flow_document("one", NUMBER))
        assert reason(limited_system, first, "slot") == {"kind": "slot", "place": 1}
        second = started(limited_system, flow_document("two", NUMBER))
        assert reason(limited_system, second, "slot") == {"kind": "slot", "place": 2}
        command(limited_system, first, "stop")
        while waiting(limited_system, second) != {"kind": "slot", "place": 1}:
            time.sleep(0.02)


def test_a_parent_is_told_how_many_children_have_not_ended(local_system: System) -> None:
    nodes: Nodes = {
        "one": ("EventEmitterNode", {"eventName": "long"}),
        "two": ("EventEmitterNode", {"eventName": "long"}),
        "three": ("EventEmitterNode", {"eventName": "short"}),
        "hear": ("EventListenerNodeV2", {"eventName": "long"}),
        "sleep": ("SleepNode", {"duration": HOUR_MS}),
    }
    root_id = started(local_system, flow_document("family", nodes, ["hear.__success -> sleep.__execute"]))

    while reason(local_system, root_id, "children") != {"kind": "children", "count": 2}:
        time.sleep(0.02)
    command(local_system, root_id, "stop")


def test_a_paused_one_is_told_by_whom_and_why(local_system: System) -> None:
    execution_id = started(local_system, chain_of_sleeps(50, 100))
    command(local_system, execution_id, "pause", reason="lunch")

    told = reason(local_system, execution_id, "paused")
    assert told == {"kind": "paused", "by": "alice", "reason": "lunch"}
    command(local_system, execution_id, "stop")


def test_one_at_a_breakpoint_is_told_the_node(local_system: System) -> None:
    execution_id = started(local_system, flow_document("one", NUMBER), options={"breakpoints": ["a"]})

    assert reason(local_system, execution_id, "breakpoint") == {"kind": "breakpoint", "nodeId": "a"}
    command(local_system, execution_id, "stop")


def test_a_sleeping_one_is_told_until_when(local_system: System) -> None:
    document = flow_document("sleeper", {"s": ("SleepNode", {"duration": HOUR_MS})})
    execution_id = started(local_system, document)

    told = reason(local_system, execution_id, "sleeping")
    row = local_system.request("GET", f"{EXECUTIONS}/{execution_id}", token=local_system.token()).json
    assert row["status"] == "running"
    assert row["startedAt"] < told["until"]
    command(local_system, execution_id, "stop")


def test_one_that_waits_for_a_callback_is_told_so(local_system: System) -> None:
    document = flow_document("asks", {"w": ("WaitForCallbackNode", {"timeoutSeconds": 3600})})
    execution_id = started(local_system, document)

    told = reason(local_system, execution_id, "callback")
    assert told["until"].endswith("Z")
    command(local_system, execution_id, "stop")


def test_one_whose_engine_was_killed_is_told_so_although_its_claim_is_not_over(local_system: System) -> None:
    execution_id = started(local_system, chain_of_sleeps(2, 3000))
    while not is_running(local_system, execution_id):
        time.sleep(0.02)
    for worker in local_system.workers("run_flow"):
        os.kill(worker.pid, signal.SIGKILL)

    told = reason(local_system, execution_id, "retrying")
    assert told == {"kind": "retrying", "error": "the last try died without a word"}
    command(local_system, execution_id, "stop")


def test_one_whose_engine_fell_silent_is_tried_again(limited_system: System) -> None:
    execution_id = started(limited_system, chain_of_sleeps(2, 3000))
    while not is_running(limited_system, execution_id):
        time.sleep(0.02)
    workers = limited_system.workers("run_flow")
    for worker in workers:
        os.kill(worker.pid, signal.SIGSTOP)
    try:
        told = reason(limited_system, execution_id, "retrying")
    finally:
        for worker in workers:
            os.kill(worker.pid, signal.SIGCONT)

    assert told == {"kind": "retrying", "error": "the last try died without a word"}
