"""Fake and real answer every sequence of calls alike: claims, commits, commands, tokens, workflow runs."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from chaingraph.errors import ChaingraphError
from chaingraph.execution.commits import Claim, Commit, SliceEnd, Waiting
from chaingraph.execution.execution import Execution
from chaingraph.execution.results import ResultStatus
from chaingraph.execution.status import Status
from chaingraph.ids import Epoch, EventIndex, ExecutionId, TaskToken, WorkerId, WorkflowRun
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
runs = st.sampled_from([1, 1, 1, 2]).map(WorkflowRun)
epochs = st.integers(1, 4).map(Epoch)
ends = st.none() | st.builds(
    SliceEnd,
    status=st.none() | st.sampled_from(Status).filter(lambda status: status is not Status.CREATED),
    seen_seq=st.integers(0, 3),
    takes_command=st.none() | st.sampled_from([PAUSE.kind, RESUME.kind, STOP.kind]),
    waiting=st.none() | st.builds(Waiting, kind=st.sampled_from(["children", "paused"])),
    error_message=st.none() | st.just("broken"),
    continues_as_new_run=st.booleans(),
)


def commit(
    first: int, count: int, end: SliceEnd | None, results: list[ResultStatus], children: list[str]
) -> Commit:
    return Commit(
        first=EventIndex(first),
        events=events(count, first=first),
        results=tuple(result(f"n{number}", status) for number, status in enumerate(results)),
        children=tuple(born(child) for child in children),
        error_count=count,
        active_ms=first + 1,
        end=end,
    )


commits = st.builds(
    commit,
    st.integers(0, 3),
    st.integers(0, 2),
    ends,
    st.lists(st.sampled_from(ResultStatus), max_size=2),
    st.lists(st.just(CHILD), max_size=1),
)


def starting(execution_id: ExecutionId) -> Call:
    return lambda store: store.executions.start(execution_id)


def commanding(execution_id: ExecutionId, number: int) -> Call:
    return lambda store: store.executions.command(execution_id, (PAUSE, RESUME, STOP)[number])


def claiming(execution_id: ExecutionId, run: WorkflowRun) -> Call:
    return lambda store: store.runs.claim(
        execution_id, workflow_run=run, worker_id=WorkerId("one"), lease_ms=LEASE_MS
    )


def committing(execution_id: ExecutionId, epoch: Epoch, batch: Commit) -> Call:
    claim = Claim(execution_id, epoch, WorkflowRun(1), WorkerId("one"))
    return lambda store: store.runs.commit(claim, batch, lease_ms=LEASE_MS)


def loading(execution_id: ExecutionId, epoch: Epoch) -> Call:
    async def load(store: Store) -> object:
        checkpoint = await store.runs.load(Claim(execution_id, epoch, WorkflowRun(1), WorkerId("one")))
        found = sorted(checkpoint.results, key=lambda loaded: loaded.node_id)
        return checkpoint.signal_seq, checkpoint.document, found, timeless(checkpoint.execution)

    return load


def failing(execution_id: ExecutionId, run: WorkflowRun) -> Call:
    return lambda store: store.runs.fail(execution_id, workflow_run=run, reason="died", most=2)


def keeping(execution_id: ExecutionId, run: WorkflowRun) -> Call:
    return lambda store: store.mailbox.keep(TaskToken(f"{execution_id}-{run}"), execution_id, run)


def signaling(execution_id: ExecutionId) -> Call:
    return lambda store: store.mailbox.signal(execution_id)


def renewing(execution_id: ExecutionId, run: WorkflowRun) -> Call:
    return lambda store: store.overdue.next_run(execution_id, run)


calls: SearchStrategy[Call] = st.one_of(
    st.builds(starting, executions),
    st.builds(commanding, executions, st.integers(0, 2)),
    st.builds(claiming, executions, runs),
    st.builds(committing, executions, epochs, commits),
    st.builds(committing, executions, epochs, commits),
    st.builds(loading, executions, epochs),
    st.builds(failing, executions, runs),
    st.builds(keeping, executions, runs),
    st.builds(signaling, executions),
    st.builds(renewing, executions, runs),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=st.lists(calls, min_size=1, max_size=25))
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
            " chaingraph.tokens, chaingraph.flow_snapshots, chaingraph.recoveries"
        )
