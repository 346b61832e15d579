"""What the lines of the functions say of the requests that they served."""

from collections.abc import Awaitable, Mapping
from dataclasses import replace

import pytest

from chaingraph.aws.log_fields import fields_of, noting
from chaingraph.errors import Unavailable
from chaingraph.execution.commits import Checkpoint, Claim
from functions.run_flow import tasks as run_flow
from functions.sweep import tasks as sweep
from tests.fakes.runs import FakeRuns
from tests.functions.api import Api, api_with_flow, call, payload, query, watch
from tests.functions.test_tasks import outside, run_flow_adapters, sweep_adapters
from tests.scene import FLOW, scene_with_execution

pytestmark = pytest.mark.anyio


async def noted(work: Awaitable[object]) -> Mapping[str, object]:
    with noting() as found:
        await work
    return fields_of(found)


async def api_with_execution() -> tuple[Api, str]:
    api = await api_with_flow()
    return api, str(await api.scene.create())


async def test_a_new_execution_is_told_with_its_id_and_owner() -> None:
    api = await api_with_flow()
    fields = await noted(api.send(call("create", flowId=FLOW)))

    (execution_id,) = api.scene.store.world.records
    assert fields == {"request": "Create", "user_id": "alice", "execution_id": execution_id}


async def test_a_command_is_told_with_who_gave_it_however_it_came() -> None:
    api, execution_id = await api_with_execution()
    expected = {"request": "Stop", "user_id": "alice", "execution_id": execution_id}

    assert await noted(api.send(call("stop", executionId=execution_id))) == expected
    over_http = api.http("POST /v1/executions/{executionId}/stop", {"executionId": execution_id}, body={})
    assert await noted(over_http) == expected


async def test_a_refused_request_is_told_too() -> None:
    api, execution_id = await api_with_execution()
    over_http = api.http("GET /v1/executions/{executionId}", {"executionId": execution_id}, bearer="bobs")

    assert await noted(over_http) == {
        "request": "GetExecutionDetails",
        "user_id": "bob",
        "execution_id": execution_id,
    }


async def test_a_subscription_is_told_with_its_execution() -> None:
    api, execution_id = await api_with_execution()

    assert await noted(api.send(watch(execution_id))) == {"user_id": "alice", "execution_id": execution_id}


async def test_the_requests_of_a_batch_are_told_together() -> None:
    api, execution_id = await api_with_execution()
    asked = [query("getExecutionDetails", executionId=each) for each in (execution_id, "EX404")]

    assert (await noted(api.send(asked)))["execution_id"] == [execution_id, "EX404"]


async def test_only_so_many_requests_of_a_batch_are_told() -> None:
    api = await api_with_flow()
    asked = [query("getExecutionDetails", executionId=f"EX{number}") for number in range(500)]
    fields = await noted(api.send(asked))

    assert fields["execution_id"] == [f"EX{number}" for number in range(10)]


async def test_an_id_that_is_none_of_ours_is_not_repeated() -> None:
    api = await api_with_flow()
    fields = await noted(api.send(query("getExecutionDetails", executionId="hunter2")))

    assert "execution_id" not in fields


async def test_a_slice_is_told_with_its_epoch_also_when_it_fails() -> None:
    class RunsThatDie(FakeRuns):
        async def load(self, claim: Claim) -> Checkpoint:
            raise Unavailable(f"the database does not answer to {claim.epoch}")

    scene, execution_id = await scene_with_execution()
    await scene.store.executions.start(execution_id)
    with noting() as found, pytest.raises(Unavailable):
        await run_flow.serve(
            payload("run_flow"),
            replace(
                run_flow_adapters(scene), outside=replace(outside(scene), runs=RunsThatDie(scene.store.world))
            ),
            60_000,
        )

    assert fields_of(found) == {"epoch": 1}


async def test_the_news_that_a_workflow_run_has_ended_is_told_with_its_execution() -> None:
    scene, _ = await scene_with_execution()

    assert await noted(sweep.serve(payload("workflow_ended"), sweep_adapters(scene))) == {
        "execution_id": "EX" + "a" * 24,
        "workflow_run": 1,
    }
