"""The durable mailbox: both sides store, commit, then look at the other side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import orjson
from psycopg.rows import class_row, scalar_row

from chaingraph.errors import NotFound
from chaingraph.execution.callbacks import Answer, Answered, CallbackStanding, Expired, no_callback
from chaingraph.execution.results import ResultStatus
from chaingraph.execution.status import Status
from chaingraph.ids import CallbackName, ExecutionId, FlowHash, NodeId, TaskToken, WorkflowRun
from chaingraph.postgres.database import Database

KEEP: Final = """
insert into chaingraph.tokens (token, execution_id, workflow_run)
values (%(token)s, %(execution_id)s, %(workflow_run)s)
on conflict (token) do nothing
"""

# After KEEP has committed: a sender that commits later finds the token, an earlier one is seen here.
LOOK: Final = """
select signal_seq > seen_seq or workflow_run <> %(workflow_run)s
    or status in ('completed', 'failed', 'stopped')
from chaingraph.progress where execution_id = %(execution_id)s
"""

TOKENS: Final = """
select token from chaingraph.tokens where execution_id = %(execution_id)s order by created_at, token
"""

FORGET: Final = "delete from chaingraph.tokens where token = %(token)s"

# What has ended is not changed any more, whoever still sends to it.
SIGNAL: Final = """
update chaingraph.progress
set signal_seq = signal_seq + 1, updated_at = case when completed_at is null then now() else updated_at end
where execution_id = %(execution_id)s
"""

CALLBACK: Final = """
select p.status, e.flow_hash, s.document, r.status as node_status, r.detail, g.name is not null as is_settled,
    g.payload
from chaingraph.executions e
join chaingraph.progress p on p.execution_id = e.id
join chaingraph.flow_snapshots s on s.hash = e.flow_hash
join chaingraph.node_results r on r.execution_id = e.id and r.node_id = %(node_id)s
left join chaingraph.signals g on g.execution_id = e.id and g.name = %(name)s
where e.id = %(execution_id)s
"""

# The row of the execution first: whoever comes second finds what the first has stored.
ANSWER: Final = """
with fence as (
    update chaingraph.progress set signal_seq = signal_seq + 1, updated_at = now()
    where execution_id = %(execution_id)s and status in ('created', 'running', 'paused')
    returning execution_id
)
insert into chaingraph.signals (execution_id, name, payload)
select execution_id, %(name)s, %(payload)s from fence
on conflict do nothing
"""

EXPIRE: Final = """
insert into chaingraph.signals (execution_id, name) values (%(execution_id)s, %(name)s) on conflict do nothing
"""

ANSWERS: Final = "select name, payload from chaingraph.signals where execution_id = %(execution_id)s"


@dataclass(frozen=True, slots=True)
class CallbackRow:
    status: str
    flow_hash: FlowHash
    document: bytes
    node_status: str
    detail: bytes
    is_settled: bool
    payload: bytes | None


@dataclass(frozen=True, slots=True)
class AnswerRow:
    name: CallbackName
    payload: bytes | None


class PostgresMailbox:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, token: TaskToken, execution_id: ExecutionId, workflow_run: WorkflowRun) -> bool:
        parameters = {"token": token, "execution_id": execution_id, "workflow_run": workflow_run}
        await self._database.run(KEEP, parameters)
        is_due: bool | None = await self._database.row(LOOK, parameters, scalar_row)
        return is_due is not False

    async def tokens(self, execution_id: ExecutionId) -> list[TaskToken]:
        return await self._database.rows(TOKENS, {"execution_id": execution_id}, scalar_row)

    async def forget(self, token: TaskToken) -> None:
        await self._database.run(FORGET, {"token": token})

    async def signal(self, execution_id: ExecutionId) -> None:
        if not await self._database.run(SIGNAL, {"execution_id": execution_id}):
            raise NotFound(f"there is no execution {execution_id}")

    async def callback(
        self, execution_id: ExecutionId, node_id: NodeId, name: CallbackName
    ) -> CallbackStanding:
        parameters = {"execution_id": execution_id, "node_id": node_id, "name": name}
        row = await self._database.row(CALLBACK, parameters, class_row(CallbackRow))
        if row is None:
            raise no_callback()
        return CallbackStanding(
            status=Status(row.status),
            flow_hash=row.flow_hash,
            document=row.document,
            node_status=ResultStatus(row.node_status),
            detail=orjson.loads(row.detail),
            answer=_answer(row.payload) if row.is_settled else None,
        )

    async def answer(self, execution_id: ExecutionId, name: CallbackName, payload: bytes) -> bool:
        parameters = {"execution_id": execution_id, "name": name, "payload": payload}
        return await self._database.run(ANSWER, parameters) > 0

    async def expire(self, execution_id: ExecutionId, name: CallbackName) -> Answer:
        await self._database.run(EXPIRE, {"execution_id": execution_id, "name": name})
        return (await self.answers(execution_id))[name]

    async def answers(self, execution_id: ExecutionId) -> Mapping[CallbackName, Answer]:
        rows = await self._database.rows(ANSWERS, {"execution_id": execution_id}, class_row(AnswerRow))
        return {row.name: _answer(row.payload) for row in rows}


def _answer(payload: bytes | None) -> Answer:
    return Expired() if payload is None else Answered(orjson.loads(payload))
