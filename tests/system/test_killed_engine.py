"""kill -9 in the middle of a flow: it completes without another start, and no finished node runs again."""

from collections import Counter
from collections.abc import Callable

import pytest

from tests.local_system import System
from tests.raw_socket import Json, raw_socket
from tests.sketched_flows import chain_of_sleeps

pytestmark = [pytest.mark.xdist_group("system"), pytest.mark.timeout(120)]

NODES = [f"s{number}" for number in range(1, 11)]


def kill_engine(system: System) -> None:
    workers = system.workers("run_flow")
    assert workers
    for worker in workers:
        worker.kill()


def kill_zygote(system: System) -> None:
    """The process from which the engine's process was forked."""
    system.zygote("run_flow").kill()


def kill_workflow(system: System) -> None:
    system.part("infra.local.workflow").kill()


@pytest.mark.parametrize("kill", [kill_engine, kill_zygote, kill_workflow])
def test_a_flow_whose_engine_was_killed_completes(
    local_system: System, kill: Callable[[System], None]
) -> None:
    events = watched(local_system, lambda: kill(local_system), after="s4")

    assert [event["index"] for event in events] == list(range(-1, len(events) - 1))
    assert events[-1]["type"] == "flow:completed"
    assert counted(events, "node:started") == dict.fromkeys(NODES, 1)
    assert counted(events, "node:completed") == dict.fromkeys(NODES, 1)


def watched(system: System, disturb: Callable[[], None], *, after: str) -> list[Json]:
    """The events of a flow of ten sleeps, disturbed when a node has completed."""
    flow_id = system.store(chain_of_sleeps(10, 200), token=system.token())
    events: list[Json] = []
    with raw_socket(system) as socket:
        execution_id = socket.call("create", flowId=flow_id)["executionId"]
        socket.subscribe(execution_id)
        started = system.request("POST", f"/v1/executions/{execution_id}/start", {}, token=system.token())
        assert started.status == 200, started.body
        for event in socket.events():
            events.append(event)
            if event["type"] == "node:completed" and event["data"]["json"]["nodeId"] == after:
                disturb()
    return events


def counted(events: list[Json], kind: str) -> dict[str, int]:
    return dict(Counter(event["data"]["json"]["nodeId"] for event in events if event["type"] == kind))
