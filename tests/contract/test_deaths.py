"""What every store must tell of an execution whose slice died, fake or real: it is tried again."""

from dataclasses import replace
from typing import Final

import pytest

from chaingraph.execution.commits import Claim, Commit, SliceEnd, Waiting
from chaingraph.execution.results import ResultStatus
from chaingraph.execution.status import Status
from chaingraph.execution.waiting import SILENT
from chaingraph.ids import WorkerId, WorkflowRun
from chaingraph.interfaces import Stall, Stalled
from tests.contract.builders import (
    ALICE,
    LEASE_MS,
    ROOT,
    RUN,
    batch,
    claim,
    claim_running,
    create_running,
    ended_workflow,
    result,
)
from tests.contract.stores import Store

pytestmark = pytest.mark.anyio

NEXT: Final = WorkerId("next")
DIED: Final = {"kind": "retrying", "detail": SILENT}
PAUSED: Final = {"kind": "paused", "detail": "to look", "by": ALICE}


async def waiting(store: Store) -> object:
    return (await store.executions.read(ROOT)).waiting


async def commit(store: Store, claimed: Claim, batch: Commit) -> None:
    assert (await store.runs.commit(claimed, batch, lease_ms=LEASE_MS)).landed


async def pause_with_a_reason(store: Store) -> None:
    end = SliceEnd(Status.PAUSED, 1, waiting=Waiting("paused", detail="to look", by=ALICE))
    await commit(store, await claim_running(store), batch(end=end))


async def test_before_the_lease_is_over_nobody_knows_of_a_death(store: Store) -> None:
    await claim_running(store)

    assert await waiting(store) is None


async def test_after_the_lease_it_is_known_that_the_slice_died(store: Store) -> None:
    await create_running(store)
    await claim(store, lease_ms=0)

    assert await waiting(store) == DIED


async def test_the_next_try_shows_that_the_last_one_died_although_its_lease_is_not_over(store: Store) -> None:
    await claim_running(store)

    await claim(store)

    assert await waiting(store) == DIED


async def test_one_is_tried_again_until_a_node_has_come_to_an_end(store: Store) -> None:
    await claim_running(store)
    claimed = await claim(store)

    await commit(store, claimed, batch())
    await commit(store, claimed, replace(batch(1), results=(result(status=ResultStatus.STARTED),)))
    meanwhile = await waiting(store)
    await commit(store, claimed, replace(batch(1, first=1), results=(result(),)))

    assert (meanwhile, await waiting(store)) == (DIED, None)


async def test_a_death_that_is_made_up_for_is_forgotten(store: Store) -> None:
    await claim_running(store)
    claimed = await claim(store)
    await commit(store, claimed, replace(batch(1), results=(result(),)))

    checkpoint = await store.runs.load(claimed)

    assert checkpoint.execution.waiting is None


async def test_the_end_of_a_slice_tells_what_it_waits_for(store: Store) -> None:
    await claim_running(store)

    end = SliceEnd(None, 1, waiting=Waiting("children", detail="2"))
    await commit(store, await claim(store), batch(end=end))

    assert await waiting(store) == {"kind": "children", "detail": "2"}


async def test_an_error_that_is_known_is_told_while_it_is_tried_again(store: Store) -> None:
    await claim_running(store)
    await store.runs.fail(ROOT, workflow_run=RUN, reason="Lambda.Unknown: gone", most=5)

    await claim(store)

    assert await waiting(store) == {"kind": "retrying", "detail": "Lambda.Unknown: gone"}


@pytest.mark.parametrize("lease_ms", [0, LEASE_MS])
async def test_one_whose_slice_died_is_tried_again_in_a_new_workflow_run(store: Store, lease_ms: int) -> None:
    await create_running(store)
    await claim(store, lease_ms=lease_ms)

    await store.overdue.take_over(ended_workflow())
    taken_over = await waiting(store)
    await store.runs.claim(ROOT, workflow_run=WorkflowRun(2), worker_id=NEXT, lease_ms=LEASE_MS)

    assert (taken_over, await waiting(store)) == (DIED, DIED)


async def test_one_that_did_not_die_waits_for_the_same_in_a_new_workflow_run(store: Store) -> None:
    end = SliceEnd(None, 1, waiting=Waiting("children", detail="2"))
    await commit(store, await claim_running(store), batch(end=end))

    await store.overdue.take_over(Stalled(ROOT, RUN, Stall.NO_WORKFLOW))

    assert await waiting(store) == {"kind": "children", "detail": "2"}


@pytest.mark.parametrize("takes_over", [False, True])
async def test_why_one_is_paused_is_not_forgotten_when_a_slice_dies(
    store: Store, *, takes_over: bool
) -> None:
    await pause_with_a_reason(store)
    await claim(store)

    if takes_over:
        await store.overdue.take_over(ended_workflow())
    run = WorkflowRun(RUN + takes_over)
    claimed = await store.runs.claim(ROOT, workflow_run=run, worker_id=NEXT, lease_ms=LEASE_MS)
    assert isinstance(claimed, Claim)

    assert (await store.runs.load(claimed)).execution.waiting == PAUSED
