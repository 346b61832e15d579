"""Waiting for the outside over the running system: approvals, called flows, one for each element."""

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from chaingraph.testing import FlowDraft
from tests.local_system import System
from tests.raw_socket import Json, RawSocket, raw_socket

pytestmark = [pytest.mark.xdist_group("system"), pytest.mark.timeout(120)]

README = Path(__file__).parents[2] / "README.md"


def approval() -> FlowDraft:
    draft = FlowDraft()
    draft.add("HumanApprovalNode", {"question": "Shall it be paid?"}, node_id="ask")
    draft.add("DebugLogNode", node_id="log")
    draft.join("ask.comment", "log.message")
    return draft


def stored(system: System, draft: FlowDraft, name: str) -> str:
    document = {**draft.document, "id": name, "metadata": {"name": name, "schemaVersion": "v2"}}
    return system.store(document, token=system.token())


def begin(system: System, socket: RawSocket, flow_id: str) -> str:
    execution_id: str = socket.call("create", flowId=flow_id)["executionId"]
    socket.subscribe(execution_id)
    started = system.request("POST", f"/v1/executions/{execution_id}/start", {}, token=system.token())
    assert started.status == 200, started.body
    return execution_id


def up_to(coming: Iterator[Json], kind: str) -> list[Json]:
    """The events up to the first one of this type."""
    events: list[Json] = []
    for event in coming:
        events.append(event)
        if event["type"] == kind:
            break
    return events


def opened_url(event: Json) -> str:
    return event["data"]["json"]["values"]["callbackUrl"]


def is_waiting(system: System, execution_id: str, kind: str) -> bool:
    row = system.request("GET", f"/v1/executions/{execution_id}", token=system.token()).json
    return row["waiting"] is not None and row["waiting"]["kind"] == kind


def test_an_approval_continues_an_execution_whose_engines_were_killed_while_it_waited(
    local_system: System,
) -> None:
    flow_id = stored(local_system, approval(), "approval-killed")
    with raw_socket(local_system) as socket:
        execution_id = begin(local_system, socket, flow_id)
        coming = socket.events()
        events = up_to(coming, "callback:opened")
        while not is_waiting(local_system, execution_id, "callback"):
            pass
        for worker in local_system.workers("run_flow"):
            worker.kill()
        path = urlsplit(opened_url(events[-1])).path
        refused = local_system.request("POST", path, {"approved": "yes"})
        answer = local_system.request("POST", path, {"approved": True, "comment": "fine"})
        events += coming

    assert refused.status == 400
    assert refused.json["error"]["problems"] == [{"path": "approved", "message": "must be true or false"}]
    assert answer.status == 200
    assert events[-1]["type"] == "flow:completed"
    started = Counter(event["data"]["json"]["nodeId"] for event in events if event["type"] == "node:started")
    assert started == {"ask": 1, "log": 1}
    (log,) = [event for event in events if event["type"] == "node:debug-log-string"]
    assert log["data"]["json"]["log"] == "fine"


def test_the_call_in_the_readme_answers(local_system: System) -> None:
    (command,) = re.findall(r"^    (curl .*approved.*)$", README.read_text(), re.MULTILINE)
    flow_id = stored(local_system, approval(), "approval-readme")
    with raw_socket(local_system) as socket:
        begin(local_system, socket, flow_id)
        coming = socket.events()
        opened = up_to(coming, "callback:opened")[-1]
        line = command.replace('"$URL"', f"'{opened_url(opened)}'")
        said = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
        *_, last = coming

    assert '"success":true' in said.stdout
    assert last["type"] == "flow:completed"


def test_a_flow_runs_once_for_each_of_twenty_elements_and_gives_their_results_in_order(
    local_system: System,
) -> None:
    called = stored(local_system, echoing(), "echo-each")
    draft = FlowDraft()
    elements = [*range(20)]
    draft.add("ForEachFlowNode", {"flowId": called, "elements": elements, "concurrency": 5}, node_id="each")
    flow_id = stored(local_system, draft, "for-each")
    with raw_socket(local_system) as socket:
        execution_id = begin(local_system, socket, flow_id)
        events = list(socket.events())

    (completed,) = [event for event in events if event["type"] == "node:completed"]
    results = completed["data"]["json"]["values"]["results"]
    assert [result["element"] for result in results] == elements
    counted = Counter(event["type"] for event in events)
    assert (counted["child:spawned"], counted["child:completed"], counted["child:failed"]) == (20, 20, 0)
    tree = local_system.request("GET", f"/v1/executions/{execution_id}/tree", token=local_system.token()).json
    assert Counter(row["execution"]["status"] for row in tree) == {"completed": 21}


def test_a_flow_that_calls_is_called_and_a_failure_deep_below_fails_the_node_that_called(
    local_system: System,
) -> None:
    broken = FlowDraft()
    broken.add("DelayUntilNode", {"date": "never"}, node_id="broken")
    inner = stored(local_system, broken, "broken-inner")
    middle = FlowDraft()
    middle.add("CallFlowNode", {"flowId": inner}, node_id="call-inner")
    middle_id = stored(local_system, middle, "broken-middle")
    outer = FlowDraft()
    outer.add("CallFlowNode", {"flowId": middle_id}, node_id="call")
    outer.add("DebugLogNode", node_id="log")
    outer.join("call.__errorMessage", "log.message")
    flow_id = stored(local_system, outer, "broken-outer")
    with raw_socket(local_system) as socket:
        begin(local_system, socket, flow_id)
        events = list(socket.events())

    (log,) = [event for event in events if event["type"] == "node:debug-log-string"]
    assert "Node call-inner failed" in log["data"]["json"]["log"]
    assert "Node broken failed" in log["data"]["json"]["log"]
    assert events[-1]["type"] == "flow:completed"


def test_a_stop_reaches_what_was_called(local_system: System) -> None:
    sleeping = FlowDraft()
    sleeping.add("HumanApprovalNode", node_id="ask")
    called = stored(local_system, sleeping, "stopped-inner")
    draft = FlowDraft()
    draft.add("CallFlowNode", {"flowId": called}, node_id="call")
    flow_id = stored(local_system, draft, "stopped-outer")
    token = local_system.token()
    with raw_socket(local_system) as socket:
        execution_id = begin(local_system, socket, flow_id)
        coming = socket.events()
        spawned = up_to(coming, "child:spawned")[-1]
        child_id = spawned["data"]["json"]["childExecutionId"]
        while not is_waiting(local_system, child_id, "callback"):
            pass
        local_system.request("POST", f"/v1/executions/{execution_id}/stop", {}, token=token)
        *_, last = coming

    assert last["type"] == "flow:cancelled"
    path = f"/v1/executions/{child_id}"
    while local_system.request("GET", path, token=token).json["status"] != "stopped":
        pass


def echoing() -> FlowDraft:
    """Returns what it was called with."""
    draft = FlowDraft()
    draft.add("SubFlowInputNode", node_id="in")
    draft.add("SubFlowOutputNode", node_id="out")
    draft.join("in.inputs", "out.outputs")
    return draft
