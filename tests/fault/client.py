"""A client of the simulated system: it repeats what was not answered."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from typing import TypeVar

from chaingraph.errors import WrongStatus
from chaingraph.execution.options import ExecutionOptions, Limits
from chaingraph.graph.document import load_flow
from chaingraph.ids import ExecutionId, FlowId
from chaingraph.usecases.checked_flows import CheckedFlows
from chaingraph.usecases.create_execution import CreationRules, ExecutionRequest, create_execution
from chaingraph.usecases.start_execution import start_execution
from infra.local.workers import FunctionFailed
from tests.fault.director import OWNER
from tests.fault.ledger import Ledger
from tests.fault.node_bodies import node_types
from tests.fault.sandboxes import Sandbox
from tests.fault.simulation import System
from tests.fault.virtual_clock import now_ms

T = TypeVar("T")

PAUSE_SECONDS = 0.5
# Shorter than an execution waits for its start.
STOP_SECONDS = 10.0


async def created(system: System, flow_id: FlowId) -> ExecutionId:
    """With an idempotency key: however often it is asked for, there is one execution."""
    numbers = count(1)

    async def create(sandbox: Sandbox) -> ExecutionId:
        store = system.stores.reached_from(sandbox, system.watch).store
        return await create_execution(
            _request(flow_id, next(numbers), system.options),
            OWNER,
            flows=store.flows,
            executions=store.executions,
            workflows=sandbox.outside(system.workflows),
            rules=RULES,
        )

    return await repeated(system, create)


async def started(system: System, execution_id: ExecutionId) -> None:
    async def start(sandbox: Sandbox) -> None:
        store = system.stores.reached_from(sandbox, system.watch).store
        try:
            await start_execution(
                execution_id,
                OWNER,
                executions=store.executions,
                mailbox=store.mailbox,
                workflows=sandbox.outside(system.workflows),
            )
        except WrongStatus:
            return  # an earlier try, whose answer was lost, has started it

    await repeated(system, start)


async def repeated(system: System, call: Callable[[Sandbox], Awaitable[T]]) -> T:
    """Until it is answered."""
    answers: list[T] = []

    async def answer(sandbox: Sandbox) -> None:
        answers.append(await call(sandbox))

    while not answers:
        sandbox = system.sandbox(STOP_SECONDS)
        try:
            await sandbox.run(answer(sandbox))
        except FunctionFailed:
            await asyncio.sleep(PAUSE_SECONDS)
    return answers[0]


def _request(flow_id: FlowId, number: int, options: ExecutionOptions) -> ExecutionRequest:
    return ExecutionRequest(
        execution_id=ExecutionId(f"EX{number:024}"),
        at_ms=now_ms(),
        flow_id=flow_id,
        options=options,
        integration={},
        events=(),
        idempotency_key="once",
    )


FLOWS = CheckedFlows(lambda document: load_flow(document, node_types(Ledger())))
RULES = CreationRules(FLOWS, Limits(), max_children=100, start_timeout_seconds=60)
