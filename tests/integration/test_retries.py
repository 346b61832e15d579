"""Retry policies of nodes, over slices."""

import pytest

from tests.flows import World, document, edge, node
from tests.integration.executions import System

pytestmark = pytest.mark.anyio


async def test_a_failing_body_is_tried_again_by_its_policy(executions: System, world: World) -> None:
    retry = {
        "maxAttempts": 3,
        "backoffMs": 3_600_000,
        "factor": 2,
        "maxBackoffMs": 7_200_000,
        "jitter": False,
    }
    flow = document([node("e", "Fails", retry=retry), node("z")], [edge("e.result", "z.a")])
    execution_id = await executions.started(flow)
    world.failures["e"] = 2

    first = await executions.slice(execution_id)
    executions.clock.now_ms += 3_600_000
    second = await executions.slice(execution_id)
    executions.clock.now_ms += 7_200_000
    last = await executions.slice(execution_id)

    types = await executions.types(execution_id)
    assert [first.wait_seconds, second.wait_seconds, last.next] == [3600, 7200, "done"]
    assert world.keys == [f"{execution_id}:e"] * 3
    assert types.count("node:started") == types.count("node:completed") == 2
    assert "node:failed" not in types


async def test_a_body_that_fails_on_its_last_attempt_fails_its_node(executions: System, world: World) -> None:
    flow = document([node("e", "Fails", retry={"maxAttempts": 2, "backoffMs": 0})])
    execution_id = await executions.started(flow)
    world.failures["e"] = 5

    await executions.slice(execution_id)

    assert len(world.keys) == 2
    assert (await executions.types(execution_id)).count("node:failed") == 1
