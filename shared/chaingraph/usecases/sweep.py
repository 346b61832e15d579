"""Repeat what fell between two chairs: wake-ups, workflows that died, connections without an identity."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from chaingraph.errors import Unavailable
from chaingraph.ids import ExecutionId, WorkflowRun
from chaingraph.interfaces import Connections, Mailbox, Overdue, Posts, Workflows
from chaingraph.usecases.start_workflow import AT_ONCE, start_workflow
from chaingraph.usecases.wake_up import wake_up

UNSEEN_MS: Final = 5_000
MOST_AT_ONCE: Final = 100


async def wake_unseen(*, overdue: Overdue, mailbox: Mailbox, workflows: Workflows) -> int:
    """Wake the executions with a signal that no slice has seen although a task waits."""
    found = await overdue.unseen_signals(older_than_ms=UNSEEN_MS, limit=MOST_AT_ONCE)
    for execution_id in found:
        await wake_up(execution_id, mailbox=mailbox, workflows=workflows)
    return len(found)


async def wake_parents(*, overdue: Overdue, mailbox: Mailbox, workflows: Workflows) -> int:
    """Wake the executions that no child has told of its end: whoever was to do it died."""
    found = await overdue.done_waiting(older_than_ms=UNSEEN_MS, limit=MOST_AT_ONCE)
    for execution_id in found:
        await mailbox.signal(execution_id)
        await wake_up(execution_id, mailbox=mailbox, workflows=workflows)
    return len(found)


async def restart_stalled(*, older_than_ms: int, overdue: Overdue, workflows: Workflows) -> int:
    """Give a new workflow run to every open execution without a living one; its slice decides what is due."""
    found = await overdue.stalled(older_than_ms=older_than_ms, limit=MOST_AT_ONCE)
    restarted = [
        await restart(stalled.execution_id, stalled.workflow_run, overdue=overdue, workflows=workflows)
        for stalled in found
    ]
    return sum(restarted)


async def restart(
    execution_id: ExecutionId, run: WorkflowRun, *, overdue: Overdue, workflows: Workflows
) -> bool:
    """A workflow run has ended: where its execution is open and has no newer one, it gets one at once."""
    following = await overdue.next_run(execution_id, run)
    if following is None:
        return False
    return await start_workflow(execution_id, following, AT_ONCE, workflows=workflows)


async def close_unidentified(
    now: datetime, *, timeout_seconds: int, connections: Connections, posts: Posts
) -> int:
    """Close the connections that have not said in time who they belong to."""
    closed = 0
    for connection_id in await connections.unidentified_since(now - timedelta(seconds=timeout_seconds)):
        with suppress(Unavailable):  # the next sweep finds it again
            await posts.close(connection_id)
            await connections.remove(connection_id)
            closed += 1
    return closed
