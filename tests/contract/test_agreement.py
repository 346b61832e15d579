"""Fake and real answer every sequence of calls alike: claims, commits, commands, tokens, workflow runs."""

import asyncio
import operator
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from chaingraph.errors import ChaingraphError
from chaingraph.execution.commands import Reach
from chaingraph.execution.commits import Claim, Commit, SliceEnd, Waiting
from chaingraph.execution.execution import Execution
from chaingraph.execution.results import ResultStatus
from chaingraph.execution.slots import SlotLimits
from chaingraph.execution.status import Status
from chaingraph.ids import Epoch, EventIndex, ExecutionId, TaskToken, WorkerId, WorkflowRun
from chaingraph.interfaces import Stall, Stalled
from chaingraph.postgres.database import Database
from tests.contract.builders import (
    LEASE_MS,
    PAUSE,
    RESUME,
    ROOT,
    STOP,
    born,
    create,
    events,
    indexes,
    result,
)
from tests.contract.stores import Store, in_memory, in_postgres

Call = Callable[[Store], Coroutine[Any, Any, object]]

CHILD = ExecutionId("child")
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)

executions = st.sampled_from([ROOT, ROOT, ROOT, CHILD])
# How far a call's workflow run lags behind the current one.
lags = st.sampled_from([*[0] * 7, 1])
ONE = SlotLimits(in_all=1, of_owner=1)
limits = st.sampled_from([None, ONE, ONE])
COMMANDS = (PAUSE, RESUME, STOP, *(replace(each, reach=Reach.TREE) for each in (PAUSE, RESUME)))


@dataclass(frozen=True)
class Batch:
    """A commit, and how far it is from its right place: epochs too old, indexes behind, signals unseen."""

    older: int
    behind: int
    unseen: int
    commit: Commit


ends = st.builds(
    SliceEnd,
    status=st.sampled_from([None, None, Status.PAUSED, Status.COMPLETED, Status.STOPPED]),
    seen_seq=st.just(0),
    takes_command=st.sampled_from([None, None, PAUSE.kind, RESUME.kind]),
    waiting=st.none() | st.builds(Waiting, kind=st.sampled_from(["children", "paused"])),
    error_message=st.none() | st.just("broken"),
    continues_as_new_run=st.sampled_from([False, False, False, True]),
)
results = st.builds(result, st.sampled_from(["n1", "n2"]), st.sampled_from(ResultStatus))
commits = st.builds(
    Commit,
    first=st.just(EventIndex(0)),
    events=st.integers(0, 2).map(events),
    results=st.lists(results, max_size=2).map(tuple),
    children=st.sampled_from([(), (), (born(CHILD),)]),
    error_count=st.integers(0, 1),
    active_ms=st.integers(0, 9),
    end=st.none() | ends,
)
batches = st.builds(
    Batch,
    older=st.sampled_from([*[0] * 9, 1]),
    behind=st.sampled_from([*[0] * 9, 1, 2, -1]),
    unseen=st.sampled_from([*[0] * 5, 1]),
    commit=commits,
)


def starting(execution_id: ExecutionId) -> Call:
    return lambda store: store.executions.start(execution_id)


def commanding(execution_id: ExecutionId, number: int) -> Call:
    return lambda store: store.executions.command(execution_id, COMMANDS[number])


def finishing(execution_id: ExecutionId, number: int) -> Call:
    return lambda store: store.executions.finish_resume(execution_id, number)


def claiming(execution_id: ExecutionId, lag: int, slots: SlotLimits | None = None) -> Call:
    async def claim(store: Store) -> object:
        run = await lagging_run(store, execution_id, lag)
        return await store.runs.claim(
            execution_id, workflow_run=run, worker_id=WorkerId("one"), lease_ms=LEASE_MS, slots=slots
        )

    return claim


def calling() -> Call:
    return lambda store: store.queue.call_next(ONE)


def placing(execution_id: ExecutionId) -> Call:
    return lambda store: store.queue.place(execution_id)


def committing(execution_id: ExecutionId, batch: Batch) -> Call:
    async def commit(store: Store) -> object:
        current = await newest_claim(store, execution_id)
        checkpoint = await store.runs.load(current)
        claim = replace(current, epoch=Epoch(current.epoch - batch.older))
        first = checkpoint.execution.next_index - batch.behind
        placed = at_index(batch.commit, first, seen=checkpoint.signal_seq - batch.unseen)
        return [await store.runs.commit(claim, placed, lease_ms=LEASE_MS), await indexes(store, execution_id)]

    return commit


def loading(execution_id: ExecutionId) -> Call:
    async def load(store: Store) -> object:
        checkpoint = await store.runs.load(await newest_claim(store, execution_id))
        found = sorted(checkpoint.results, key=lambda loaded: loaded.node_id)
        return checkpoint.signal_seq, checkpoint.document, found, timeless(checkpoint.execution)

    return load


async def newest_claim(store: Store, execution_id: ExecutionId) -> Claim:
    """Of the epoch that the row has, whether it was given back or not."""
    execution = await store.executions.read(execution_id)
    return Claim(execution_id, execution.epoch, execution.workflow_run, WorkerId("one"), has_slot=True)


def at_index(commit: Commit, first: int, *, seen: int) -> Commit:
    end = replace(commit.end, seen_seq=seen) if commit.end else None
    placed = events(len(commit.events), first=first)
    return replace(commit, first=EventIndex(first), events=placed, end=end)


def failing(execution_id: ExecutionId, lag: int) -> Call:
    async def fail(store: Store) -> object:
        run = await lagging_run(store, execution_id, lag)
        return await store.runs.fail(execution_id, workflow_run=run, reason="died", most=2)

    return fail


def keeping(execution_id: ExecutionId, lag: int) -> Call:
    async def keep(store: Store) -> object:
        run = await lagging_run(store, execution_id, lag)
        return await store.mailbox.keep(TaskToken(f"{execution_id}-{run}"), execution_id, run)

    return keep


def signaling(execution_id: ExecutionId) -> Call:
    return lambda store: store.mailbox.signal(execution_id)


def renewing(execution_id: ExecutionId, lag: int, reason: Stall) -> Call:
    async def renew(store: Store) -> object:
        run = await lagging_run(store, execution_id, lag)
        return await store.overdue.take_over(Stalled(execution_id, run, reason))

    return renew


async def lagging_run(store: Store, execution_id: ExecutionId, lag: int) -> WorkflowRun:
    return WorkflowRun((await store.executions.read(execution_id)).workflow_run - lag)


WEIGHTED: list[SearchStrategy[Call]] = [
    st.builds(starting, executions),
    *[st.builds(commanding, executions, st.integers(0, len(COMMANDS) - 1))] * 4,
    st.builds(finishing, executions, st.integers(1, 9)),
    *[st.builds(claiming, executions, lags, limits)] * 4,
    st.builds(calling),
    st.builds(placing, executions),
    *[st.builds(committing, executions, batches)] * 8,
    *[st.builds(loading, executions)] * 2,
    st.builds(failing, executions, lags),
    st.builds(keeping, executions, lags),
    st.builds(signaling, executions),
    st.builds(renewing, executions, lags, st.sampled_from(Stall)),
]


def one_call(kind: SearchStrategy[Call]) -> SearchStrategy[Call]:
    return kind


calls: SearchStrategy[Call] = st.sampled_from(WEIGHTED).flatmap(one_call)
openings: SearchStrategy[list[Call]] = st.sampled_from([[], *[[starting(ROOT), claiming(ROOT, 0)]] * 3])
sequences: SearchStrategy[list[Call]] = st.builds(
    operator.add, openings, st.lists(calls, min_size=10, max_size=25)
)


@pytest.mark.timeout(240)  # hundreds of sequences, each in two stores
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=sequences)
def test_fake_and_real_answer_alike(database_url: str, sequence: list[Call]) -> None:
    fake, real = asyncio.run(both(database_url, sequence))

    assert fake == real


async def both(url: str, sequence: list[Call]) -> tuple[list[object], list[object]]:
    await empty(url)
    database = Database(url, sessions=1)
    try:
        return await answers(in_memory(), sequence), await answers(in_postgres(url, database), sequence)
    finally:
        await database.close()


async def answers(store: Store, sequence: list[Call]) -> list[object]:
    await create(store)
    given = [await answer(call, store) for call in sequence]
    tree = [timeless(execution) for execution in await store.executions.tree(ROOT)]
    return [*given, tree, await indexes(store), await indexes(store, CHILD)]


async def answer(call: Call, store: Store) -> object:
    try:
        return await call(store)
    except ChaingraphError as error:
        return type(error)


def timeless(execution: Execution) -> object:
    """Everything but the clock: of an instant only whether there is one."""
    return replace(
        execution,
        created_at=MOMENT,
        updated_at=MOMENT,
        started_at=execution.started_at and MOMENT,
        completed_at=execution.completed_at and MOMENT,
    )


async def empty(url: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as session:
        await session.execute(
            "truncate chaingraph.executions, chaingraph.progress, chaingraph.events, chaingraph.node_results,"
            " chaingraph.tokens, chaingraph.flow_snapshots, chaingraph.recoveries, chaingraph.slots,"
            " chaingraph.waiting_line, chaingraph.line_turns"
        )
