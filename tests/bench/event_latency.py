"""From the commit of an event to its receipt over WebSocket: this process holds the claim and writes."""

import asyncio
import secrets
import time
from contextlib import aclosing
from typing import Final

import orjson

from chaingraph.cli.trpc import Trpc, connected
from chaingraph.execution.commits import Claim, Commit
from chaingraph.execution.events import Event, EventType
from chaingraph.execution.execution import NewExecution
from chaingraph.execution.options import ExecutionOptions
from chaingraph.graph.json_types import JsonObject
from chaingraph.ids import EventIndex, ExecutionId, FlowId, UserId, WorkerId, WorkflowRun, new_execution_id
from chaingraph.postgres.database import Database
from chaingraph.postgres.executions import PostgresExecutions
from chaingraph.postgres.runs import PostgresRuns
from chaingraph.usecases.checked_flows import flow_hash
from chaingraph.usecases.create_execution import created_event
from tests.bench.clients import events_of, results
from tests.bench.figures import Figures, quantiles
from tests.bench.stage import USER, Stage
from tests.flows import chain

BATCHES: Final = 200
EVENTS: Final = 5
PAUSE_SECONDS: Final = 0.02
LEASE_MS: Final = 60_000


async def measure(stage: Stage) -> Figures:
    return {
        **quantiles("events.commit_to_receipt_ms", await _latencies(stage, batch_timeout_ms=0)),
        **quantiles("events.batched25.commit_to_receipt_ms", await _latencies(stage, batch_timeout_ms=25)),
    }


async def _latencies(stage: Stage, *, batch_timeout_ms: int) -> list[float]:
    """Milliseconds for every batch: from the return of its commit to the receipt of its last event."""
    database = Database(stage.database_url)
    try:
        async with connected(stage.system.websocket_url, stage.token) as client:
            execution_id = await _created(database)
            return await _measured(client, execution_id, database, batch_timeout_ms)
    finally:
        await database.close()


async def _measured(
    client: Trpc, execution_id: ExecutionId, database: Database, batch_timeout_ms: int
) -> list[float]:
    receipts: dict[int, float] = {}
    subscribed = asyncio.Event()
    stream = results(client, execution_id, batchTimeoutMs=batch_timeout_ms, snapshot="values")

    async def read() -> None:
        async with aclosing(stream) as reading:
            async for result in reading:
                subscribed.set()
                _note(result, receipts)
                if (BATCHES * EVENTS) - 1 in receipts:
                    return

    reading = asyncio.create_task(read())
    await subscribed.wait()
    commits = await _write(execution_id, database)
    await reading
    return [1000 * (receipts[index] - at) for index, at in commits.items()]


def _note(result: JsonObject, receipts: dict[int, float]) -> None:
    if result["type"] == "data":
        now = time.perf_counter()
        for event in events_of(result):
            receipts[int(str(event["index"]))] = now


async def _write(execution_id: ExecutionId, database: Database) -> dict[int, float]:
    """Commit batches as a slice does; the time at which each commit had returned, by its last index."""
    runs = PostgresRuns(database)
    claim = await _claimed(execution_id, runs, database)
    committed: dict[int, float] = {}
    for batch in range(BATCHES):
        first = EventIndex(batch * EVENTS)
        events = tuple(_event(EventIndex(first + place)) for place in range(EVENTS))
        await runs.commit(claim, Commit(first=first, events=events), lease_ms=LEASE_MS)
        committed[events[-1].index] = time.perf_counter()
        await runs.notify(execution_id, events[-1].index)
        await asyncio.sleep(PAUSE_SECONDS)
    return committed


async def _created(database: Database) -> ExecutionId:
    """An execution without a workflow: nobody but this process runs it."""
    execution_id = new_execution_id(secrets.token_bytes)
    encoded = orjson.dumps(chain(1))
    new = NewExecution(
        id=execution_id,
        flow_id=FlowId("V2test"),
        flow_hash=flow_hash(encoded),
        owner_id=UserId(USER),
        root_id=execution_id,
        parent_id=None,
        depth=0,
        options=ExecutionOptions(),
        integration={},
        external_event=None,
    )
    event = created_event(new, {"name": "Latency"}, time.time_ns() // 1_000_000)
    await PostgresExecutions(database).create(new, document=encoded, created=event, idempotency=None)
    return execution_id


async def _claimed(execution_id: ExecutionId, runs: PostgresRuns, database: Database) -> Claim:
    await PostgresExecutions(database).start(execution_id)
    claim = await runs.claim(
        execution_id, workflow_run=WorkflowRun(1), worker_id=WorkerId("bench"), lease_ms=LEASE_MS
    )
    if isinstance(claim, Claim):
        return claim
    raise RuntimeError(f"{execution_id} could not be claimed")


def _event(index: EventIndex) -> Event:
    payload = b'{"nodeId":"n0","oldStatus":"initialized","newStatus":"executing"}'
    return Event(index, EventType.NODE_STATUS_CHANGED, time.time_ns() // 1_000_000, payload)
