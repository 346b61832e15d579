"""Executions in a real database, run slice by slice without a workflow."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count

import orjson

from chaingraph.engine.identity import TreeLimits
from chaingraph.execution.commands import Command, CommandKind
from chaingraph.execution.events import Event
from chaingraph.execution.execution import Execution, NewExecution
from chaingraph.execution.options import ExecutionOptions
from chaingraph.graph.node_types import NodeTypes
from chaingraph.ids import EventIndex, ExecutionId, FlowHash, FlowId, UserId, WorkerId, WorkflowRun
from chaingraph.postgres.database import Database
from chaingraph.postgres.event_log import PostgresEventLog
from chaingraph.postgres.executions import PostgresExecutions
from chaingraph.postgres.mailbox import PostgresMailbox
from chaingraph.postgres.queue import PostgresQueue
from chaingraph.postgres.runs import PostgresRuns
from chaingraph.usecases.create_execution import created_event
from chaingraph.usecases.run_slice import Plans, run_slice
from chaingraph.usecases.slice_writer import WriterSettings
from chaingraph.usecases.slices import Outside, SliceSettings, Verdict
from tests.fakes.workflows import FakeWorkflows

RUN = WorkflowRun(1)
ANN = UserId("ann")
NUMBERS = count(1)


@dataclass(frozen=True)
class System:
    """What a slice needs, over one database."""

    outside: Outside
    workflows: FakeWorkflows
    plans: Plans
    settings: SliceSettings
    database: Database
    clock: "Clock"

    async def created(
        self, document: Mapping[str, object], options: ExecutionOptions | None = None, owner: UserId = ANN
    ) -> ExecutionId:
        execution_id = ExecutionId(f"EX{next(NUMBERS):024}")
        encoded = orjson.dumps(document)
        new = replace(_new(execution_id, encoded, options or ExecutionOptions()), owner_id=owner)
        event = created_event(new, {"name": "Test"}, self.outside.clock())
        await self.outside.executions.create(new, document=encoded, created=event, idempotency=None)
        return execution_id

    async def started(
        self, document: Mapping[str, object], options: ExecutionOptions | None = None, owner: UserId = ANN
    ) -> ExecutionId:
        execution_id = await self.created(document, options, owner)
        await self.outside.executions.start(execution_id)
        return execution_id

    async def slice(self, execution_id: ExecutionId, worker: str = "worker") -> Verdict:
        return await run_slice(
            execution_id,
            RUN,
            outside=self.outside,
            settings=self.settings,
            plans=self.plans,
            worker_id=WorkerId(worker),
        )

    async def command(self, execution_id: ExecutionId, kind: CommandKind) -> None:
        await self.outside.executions.command(execution_id, Command(kind, UserId("ann"), f"{kind} it"))

    async def read(self, execution_id: ExecutionId) -> Execution:
        return await self.outside.executions.read(execution_id)

    async def log(self, execution_id: ExecutionId) -> list[Event]:
        return await self.outside.event_log.read(execution_id, after=EventIndex(-2), limit=10_000)

    async def types(self, execution_id: ExecutionId) -> list[str]:
        return [event.type for event in await self.log(execution_id)]

    def with_slices_of(self, milliseconds: int) -> "System":
        return replace(self, settings=replace(self.settings, slice_ms=milliseconds))


def _new(execution_id: ExecutionId, document: bytes, options: ExecutionOptions) -> NewExecution:
    return NewExecution(
        id=execution_id,
        flow_id=FlowId("V2test"),
        flow_hash=FlowHash(str(hash(document))),
        owner_id=ANN,
        root_id=execution_id,
        parent_id=None,
        depth=0,
        options=options,
        integration={},
        external_event=None,
    )


def system(database: Database, node_types: NodeTypes, clock: "Clock") -> System:
    workflows = FakeWorkflows()
    outside = Outside(
        runs=PostgresRuns(database),
        executions=PostgresExecutions(database),
        event_log=PostgresEventLog(database),
        mailbox=PostgresMailbox(database),
        queue=PostgresQueue(database),
        workflows=workflows,
        clock=clock,
    )
    settings = SliceSettings(
        WriterSettings(lease_ms=30_000, poll_ms=50),
        TreeLimits(),
        start_timeout_ms=60_000,
        awake_ms=1_000,
        slice_ms=60_000,
    )
    return System(outside, workflows, Plans(node_types), settings, database, clock)


class Clock:
    """A clock that a test may set forward."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms


async def command_seen(executions: System, execution_id: ExecutionId) -> None:
    """The engine has polled twice since: the second poll began after the command was there."""
    seen = (await executions.read(execution_id)).updated_at
    polls = 0
    while polls < 3:
        now = (await executions.read(execution_id)).updated_at
        polls += now != seen
        seen = now
        await asyncio.sleep(0.01)
