"""Wake those who stand in line for a slot that is free."""

import asyncio

from chaingraph.execution.slots import SlotLimits
from chaingraph.ids import ExecutionId
from chaingraph.interfaces import Mailbox, Queue, Workflows
from chaingraph.usecases.wake_up import wake_up


async def call_next(limits: SlotLimits, *, queue: Queue, mailbox: Mailbox, workflows: Workflows) -> int:
    """How many were called. Safe to repeat; one that does not come is passed over, and called again later."""
    called = await queue.call_next(limits)
    await asyncio.gather(*(_call(known, mailbox=mailbox, workflows=workflows) for known in called))
    return len(called)


async def _call(execution_id: ExecutionId, *, mailbox: Mailbox, workflows: Workflows) -> None:
    await mailbox.signal(execution_id)
    await wake_up(execution_id, mailbox=mailbox, workflows=workflows)
