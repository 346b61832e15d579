"""Why an execution is not progressing now."""

from chaingraph.execution.execution import Execution
from chaingraph.execution.status import is_final
from chaingraph.execution.waiting import ForChildren, ForSlot, ForStart, WaitingReason, waiting_reason
from chaingraph.interfaces import Executions, Queue


async def explain_waiting(
    execution: Execution, *, executions: Executions, queue: Queue, start_timeout_seconds: int
) -> WaitingReason | None:
    """With the numbers of this moment: its place in the line, its open children, the end of its time."""
    reason = waiting_reason(execution)
    match reason:
        case ForSlot():
            return ForSlot(await queue.place(execution.id))
        case ForChildren():
            children = await executions.children(execution.id)
            return ForChildren(sum(not is_final(child.status) for child in children))
        case ForStart(until_ms=None) if execution.parent_id is None:
            return ForStart(int(execution.created_at.timestamp() * 1000) + start_timeout_seconds * 1000)
        case _:
            return reason
