"""What a client is told of an execution that is not progressing."""

from typing import Any

import pytest

from chaingraph.execution.commits import Claim, Commit, SliceEnd, Waiting
from chaingraph.execution.execution import ExternalEvent
from chaingraph.execution.slots import SlotLimits
from chaingraph.execution.status import Status
from chaingraph.ids import EventIndex, ExecutionId, UserId, WorkerId, WorkflowRun
from tests.functions.api import Api, api_with_flow, query
from tests.scene import execution_request

pytestmark = pytest.mark.anyio

ONE = SlotLimits(in_all=1, of_owner=1)
ONE_EXECUTION = "/v1/executions/{executionId}"
AT_MS = 1_767_225_600_000
AT = "2026-01-01T00:00:00.000Z"


async def started(api: Api, execution_id: str, *events: ExternalEvent) -> ExecutionId:
    made = await api.scene.create(execution_request(execution_id, events=events))
    await api.scene.store.executions.start(made)
    return made


async def claim(api: Api, execution_id: ExecutionId, slots: SlotLimits | None = None) -> object:
    return await api.scene.store.runs.claim(
        execution_id, workflow_run=WorkflowRun(1), worker_id=WorkerId("one"), lease_ms=30_000, slots=slots
    )


async def end_slice(api: Api, execution_id: ExecutionId, waiting: Waiting, status: Status | None) -> None:
    claimed = await claim(api, execution_id)
    assert isinstance(claimed, Claim)
    commit = Commit(EventIndex(0), end=SliceEnd(status, 1, waiting=waiting))
    assert (await api.scene.store.runs.commit(claimed, commit, lease_ms=30_000)).landed


async def shown(api: Api, execution_id: ExecutionId) -> Any:
    answer = await api.http(f"GET {ONE_EXECUTION}", {"executionId": execution_id})
    return answer.json["waiting"]


@pytest.mark.parametrize(
    ("waiting", "status", "told"),
    [
        (
            Waiting("paused", detail="to look", by=UserId("bob")),
            Status.PAUSED,
            {"kind": "paused", "by": "bob", "reason": "to look"},
        ),
        (Waiting("breakpoint", detail="node-1"), Status.PAUSED, {"kind": "breakpoint", "nodeId": "node-1"}),
        (Waiting("sleeping", until_ms=AT_MS), None, {"kind": "sleeping", "until": AT}),
        (Waiting("callback", until_ms=AT_MS), None, {"kind": "callback", "until": AT}),
        (Waiting("callback"), None, {"kind": "callback", "until": None}),
    ],
)
async def test_the_reason_is_one_of_a_closed_list(
    waiting: Waiting, status: Status | None, told: dict[str, object]
) -> None:
    api = await api_with_flow()
    execution_id = await started(api, "EX1")

    await end_slice(api, execution_id, waiting, status)

    assert await shown(api, execution_id) == told


async def test_one_that_was_created_waits_for_its_start_and_until_when() -> None:
    api = await api_with_flow()
    execution_id = await api.scene.create()

    told = await shown(api, execution_id)

    row = (await api.http(f"GET {ONE_EXECUTION}", {"executionId": execution_id})).json
    assert told["kind"] == "start"
    assert row["createdAt"] < told["until"]


async def test_one_in_line_is_told_its_place() -> None:
    api = await api_with_flow()
    ids = [await started(api, name) for name in ("EX1", "EX2", "EX3")]
    for execution_id in ids:
        await claim(api, execution_id, ONE)

    assert [await shown(api, execution_id) for execution_id in ids] == [
        None,
        {"kind": "slot", "place": 1},
        {"kind": "slot", "place": 2},
    ]


async def test_one_that_waits_for_children_is_told_how_many_are_left() -> None:
    api = await api_with_flow()
    events = [ExternalEvent(name, 1) for name in ("own", "a", "b", "c")]
    execution_id = await started(api, "EX1", *events)
    await end_slice(api, execution_id, Waiting("children", detail="3"), None)
    first = (await api.scene.store.executions.children(execution_id))[0]
    claimed = await claim(api, first.id)
    assert isinstance(claimed, Claim)
    last = Commit(EventIndex(0), end=SliceEnd(Status.COMPLETED, 0))
    await api.scene.store.runs.commit(claimed, last, lease_ms=30_000)

    assert await shown(api, execution_id) == {"kind": "children", "count": 2}


async def test_one_whose_slice_died_is_told_the_error() -> None:
    api = await api_with_flow()
    execution_id = await started(api, "EX1")
    await claim(api, execution_id)
    await api.scene.store.runs.fail(
        execution_id, workflow_run=WorkflowRun(1), reason="Lambda.Unknown: gone", most=5
    )

    assert await shown(api, execution_id) == {"kind": "retrying", "error": "Lambda.Unknown: gone"}


async def test_one_whose_slice_died_silently_is_told_so_as_soon_as_it_is_tried_again() -> None:
    api = await api_with_flow()
    execution_id = await started(api, "EX1")
    await claim(api, execution_id)
    before = await shown(api, execution_id)

    await claim(api, execution_id)

    after = await shown(api, execution_id)
    assert (before, after) == (None, {"kind": "retrying", "error": "the last try died without a word"})


async def test_one_that_runs_waits_for_nothing() -> None:
    api = await api_with_flow()
    execution_id = await started(api, "EX1")
    await claim(api, execution_id)

    assert await shown(api, execution_id) is None


async def test_the_same_is_told_over_the_websocket() -> None:
    api = await api_with_flow()
    for name in ("EX1", "EX2"):
        await claim(api, await started(api, name), ONE)

    reply = await api.send(query("getExecutionDetails", executionId="EX2"))

    assert reply["result"]["data"]["json"]["waiting"] == {"kind": "slot", "place": 1}


async def test_a_listing_tells_the_reason_without_the_numbers_of_the_moment() -> None:
    api = await api_with_flow()
    for name in ("EX1", "EX2"):
        await claim(api, await started(api, name), ONE)

    answer = await api.http("GET /v1/executions")

    told = {execution["id"]: execution["waiting"] for execution in answer.json["executions"]}
    assert told == {"EX1": None, "EX2": {"kind": "slot", "place": None}}
