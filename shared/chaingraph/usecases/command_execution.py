"""Stop, pause and resume: commands that the holder of the epoch obeys."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from chaingraph.errors import WrongStatus
from chaingraph.execution.commands import Command, CommandKind, Reach
from chaingraph.execution.execution import Execution
from chaingraph.execution.status import Status, is_final
from chaingraph.ids import ExecutionId
from chaingraph.interfaces import Executions, Mailbox, User, Workflows
from chaingraph.usecases.access import permitted_execution
from chaingraph.usecases.start_workflow import AT_ONCE, start_workflow
from chaingraph.usecases.wake_up import wake_up

# What is left behind by the commands that an execution keeps obeying.
BRINGS_TO: Final[Mapping[CommandKind, Status]] = {
    CommandKind.STOP: Status.STOPPED,
    CommandKind.PAUSE: Status.PAUSED,
}


@dataclass(frozen=True, slots=True)
class Post:
    """How a command reaches an execution: its row, and its waiting task."""

    executions: Executions
    mailbox: Mailbox
    workflows: Workflows


async def command_execution(execution_id: ExecutionId, command: Command, user: User, *, post: Post) -> None:
    """Command this execution alone. Raises NotFound, Forbidden, WrongStatus with the current status."""
    await permitted_execution(execution_id, user, executions=post.executions)
    await _send(execution_id, command, post)


async def command_tree(execution_id: ExecutionId, command: Command, user: User, *, post: Post) -> None:
    """Command this execution and every open descendant that is in a status for it.

    Each is its own compare-and-set; those that begin later look at their parents. Raises NotFound, Forbidden,
    WrongStatus of the execution that is named. One that is refused because there was one before reaches the
    descendants all the same, where whoever sent that one may have died on the way. A resume reaches everyone
    below who is paused, for whatever reason; once it has, it does not reach those that are paused later.
    """
    execution = await permitted_execution(execution_id, user, executions=post.executions)
    command = replace(command, reach=Reach.TREE)
    try:
        await _send(execution_id, command, post)
    except WrongStatus:
        if await _was_said_to_tree(execution_id, command, post):
            await _send_below(execution, command, post)
        raise
    await _send_below(execution, command, post)


async def _was_said_to_tree(execution_id: ExecutionId, command: Command, post: Post) -> bool:
    execution = await post.executions.read(execution_id)
    if command.kind not in BRINGS_TO:
        return execution.unfinished_resume is not None
    is_pending = execution.command is not None and execution.command.kind is command.kind
    return execution.reach is Reach.TREE and (is_pending or execution.status is BRINGS_TO[command.kind])


async def _send_below(execution: Execution, command: Command, post: Post) -> None:
    tree = await post.executions.tree(execution.root_id)
    is_resume = command.kind is CommandKind.RESUME
    passed_on = replace(command, reach=Reach.ALONE) if is_resume else command  # one sender reaches all below
    await send_to_each(open_descendants(execution.id, tree), passed_on, post=post)
    if is_resume:
        await _finish_resume(execution.id, tree, post)


async def _finish_resume(execution_id: ExecutionId, tree: Iterable[Execution], post: Post) -> None:
    """That which was there when the tree was read: a later one is for its own sender to finish."""
    for execution in tree:
        if execution.id == execution_id and execution.unfinished_resume is not None:
            await post.executions.finish_resume(execution_id, execution.unfinished_resume)


def open_descendants(execution_id: ExecutionId, tree: Iterable[Execution]) -> list[Execution]:
    """Those below it that have not ended; `tree` is ordered by depth."""
    below = {execution_id}
    found: list[Execution] = []
    for execution in tree:
        if execution.parent_id in below:
            below.add(execution.id)
            if not is_final(execution.status):
                found.append(execution)
    return found


async def send_to_each(executions: Iterable[Execution], command: Command, *, post: Post) -> None:
    """To those that are in a status for it."""
    await asyncio.gather(*(_send_if_it_may(execution, command, post) for execution in executions))


async def _send(execution_id: ExecutionId, command: Command, post: Post) -> None:
    await post.executions.command(execution_id, command)
    await wake_up(execution_id, mailbox=post.mailbox, workflows=post.workflows)


async def _send_if_it_may(descendant: Execution, command: Command, post: Post) -> None:
    try:
        await _send(descendant.id, command, post)
        if descendant.status is Status.CREATED:  # nothing of it runs that could obey
            await start_workflow(descendant.id, descendant.workflow_run, AT_ONCE, workflows=post.workflows)
    except WrongStatus:  # it has moved on since the tree was read, or the command is not for its status
        if command.kind is CommandKind.RESUME and not descendant.next_index:
            await _let_look_again(descendant.id, post)


async def _let_look_again(beginning: ExecutionId, post: Post) -> None:
    """It may have seen its parent paused, and be about to pause with it."""
    await post.mailbox.signal(beginning)
    await wake_up(beginning, mailbox=post.mailbox, workflows=post.workflows)
