"""Repeat what fell between two chairs: wake-ups, and connections that nobody speaks for."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from chaingraph.errors import Unavailable
from chaingraph.execution.commands import Reach
from chaingraph.execution.execution import Execution
from chaingraph.interfaces import Connections, Mailbox, Overdue, Posts, Workflows
from chaingraph.usecases.command_execution import Post, open_descendants, send_to_each
from chaingraph.usecases.inherit_command import passed_on
from chaingraph.usecases.parents import wake_parent
from chaingraph.usecases.slices import Outside
from chaingraph.usecases.wake_up import wake_up

UNSEEN_MS: Final = 5_000
MOST_AT_ONCE: Final = 100

# No connection lives longer than two hours; what is older was not told of its end.
LONGEST_CONNECTION: Final = timedelta(hours=2, minutes=10)


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


async def tell_callers(*, overdue: Overdue, outside: Outside) -> int:
    """Tell the callers of children that have ended: whoever was to do it died."""
    found = await overdue.untold_ends(older_than_ms=UNSEEN_MS, limit=MOST_AT_ONCE)
    for child_id in found:
        await wake_parent(await outside.executions.read(child_id), outside=outside)
    return len(found)


async def stop_left_behind(*, overdue: Overdue, outside: Outside) -> int:
    """Stop what is below executions that were stopped with their tree: whoever was to do it died."""
    found = await overdue.unheard_stops(older_than_ms=UNSEEN_MS, limit=MOST_AT_ONCE)
    for child_id in found:
        await _stop_with_parent(await outside.executions.read(child_id), outside)
    return len(found)


async def _stop_with_parent(child: Execution, outside: Outside) -> None:
    if child.parent_id is None:
        return
    stop = passed_on(await outside.executions.read(child.parent_id))
    if stop is None:
        return
    below = open_descendants(child.id, await outside.executions.tree(child.root_id))
    post = Post(outside.executions, outside.mailbox, outside.workflows)
    await send_to_each([child, *below], replace(stop, reach=Reach.TREE), post=post)


async def close_unidentified(
    now: datetime, *, timeout_seconds: int, connections: Connections, posts: Posts
) -> int:
    """Close the connections that have not said in time who they belong to."""
    closed = 0
    silent = await connections.unidentified_since(now - timedelta(seconds=timeout_seconds), MOST_AT_ONCE)
    for connection_id in silent:
        with suppress(Unavailable):  # the next sweep finds it again
            await posts.close(connection_id)
            await connections.remove(connection_id)
            closed += 1
    return closed


async def remove_orphans(now: datetime, *, connections: Connections) -> int:
    """Remove connections whose end was never told."""
    orphans = await connections.opened_before(now - LONGEST_CONNECTION, MOST_AT_ONCE)
    for connection_id in orphans:
        await connections.remove(connection_id)
    return len(orphans)
