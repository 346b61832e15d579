"""What somebody who operates the running system sees of it."""

import time
from collections.abc import Mapping

import pytest
from websockets.exceptions import InvalidStatus

from tests.local_system import System
from tests.raw_socket import RawSocket, connected, raw_socket
from tests.sketched_flows import flow_document

pytestmark = [pytest.mark.xdist_group("system"), pytest.mark.timeout(120)]

TWO_NODES = flow_document("two", {"a": ("NumberNode", {"num": 1}), "b": ("NumberNode", {"num": 2})})


def test_what_an_execution_did_is_measured(local_system: System) -> None:
    before = metrics(local_system)
    with raw_socket(local_system, "olive") as socket:
        execution_id = watched_to_its_end(local_system, socket)
        during = metrics(local_system)
    after = until_measured(local_system, 'chaingraph_relay_lag_seconds_count{service="relay"}', before)

    assert execution_id in logged(local_system)
    assert during["chaingraph_connections"] >= 1
    grown = {name for name, value in after.items() if value > before.get(name, 0)}
    assert grown >= {
        'chaingraph_slices_total{service="run_flow"}',
        'chaingraph_nodes_total{service="run_flow"}',
        'chaingraph_events_total{service="run_flow"}',
        'chaingraph_commit_latency_seconds_count{service="run_flow"}',
        'chaingraph_posts_total{service="relay"}',
        'chaingraph_invocations_total{service="control",outcome="answered"}',
        'chaingraph_invocations_total{service="subscription",outcome="answered"}',
        'chaingraph_invocation_seconds_count{service="run_flow"}',
    }


def test_no_token_is_ever_logged(local_system: System) -> None:
    tokens = [local_system.token(user) for user in ("in-query", "in-header", "in-message")]
    with connected(local_system, f"?token={tokens[0]}&sessionBadAI={tokens[0]}") as socket:
        watched_to_its_end(local_system, socket, tokens[0])
    local_system.request("GET", "/v1/flows", token=tokens[1])
    local_system.request("GET", f"/v1/executions/{tokens[1]}?token={tokens[1]}", token=tokens[1])
    with connected(local_system, "?connectionParams=1") as socket:
        socket.send({"method": "connectionParams", "data": {"token": tokens[2]}})
        watched_to_its_end(local_system, socket, tokens[2])
    with pytest.raises(InvalidStatus), connected(local_system, "?token=forged-words"):
        pass
    text = logged(local_system)

    assert "in-query" in text
    assert [token for token in (*tokens, "forged-words") if token in text] == []


def watched_to_its_end(system: System, socket: RawSocket, token: str | None = None) -> str:
    """The id of an execution that ran while the socket watched it."""
    token = token or system.token("olive")
    flow_id = system.store(TWO_NODES, token=token)
    execution_id = socket.call("create", flowId=flow_id)["executionId"]
    socket.subscribe(execution_id)
    system.request("POST", f"/v1/executions/{execution_id}/start", {}, token=token)
    assert [event["type"] for event in socket.events()][-1] == "flow:completed"
    return execution_id


def metrics(system: System) -> dict[str, float]:
    samples = system.request("GET", "/metrics").body.decode().splitlines()
    found = (line.rpartition(" ") for line in samples if not line.startswith("#"))
    return {name: float(value) for name, _, value in found}


def until_measured(system: System, name: str, before: Mapping[str, float]) -> dict[str, float]:
    """The relay measures every few seconds."""
    while (found := metrics(system)).get(name, 0) <= before.get(name, 0):
        time.sleep(0.1)
    return found


def logged(system: System) -> str:
    return "".join(log.read_text() for log in (system.state / "logs").glob("*.log"))
