"""kill -9 of any part in the middle of a flow: a viewer still sees every event once and in order."""

import os
import signal
from collections import Counter
from collections.abc import Callable

import pytest

from tests.local_system import System, database_pid
from tests.sketched_flows import chain_of_sleeps
from tests.stock_client import StockClient
from tests.viewing import assert_whole, created, with_token

pytestmark = [pytest.mark.xdist_group("system"), pytest.mark.timeout(120)]


def relay(system: System) -> int:
    return system.part("functions.relay").pid


def gateway(system: System) -> int:
    return system.part("infra.local.gateway").pid


def workflow(system: System) -> int:
    return system.part("infra.local.workflow").pid


def database(system: System) -> int:
    return database_pid(system.state)


@pytest.mark.parametrize("part", [relay, gateway, workflow, database])
def test_a_viewer_sees_every_event_once(
    client: StockClient, local_system: System, part: Callable[[System], int]
) -> None:
    name = f"viewer of {part.__name__}"
    client.connect(name, with_token(local_system, "alice"))
    execution_id = created(client, name, local_system, chain_of_sleeps(10, 150))
    client.subscribe(name, name, executionId=execution_id, batchTimeoutMs=0)
    client.mutate(name, "start", executionId=execution_id)

    events = client.until_event(name, 14)
    os.kill(part(local_system), signal.SIGKILL)
    events += client.until(name, "complete")

    assert_whole(events)
    assert events[-1]["type"] == "flow:completed"
    started = Counter(event["data"]["node"]["id"] for event in events if event["type"] == "node:started")
    assert set(started.values()) == {1}
    client.close(name)
