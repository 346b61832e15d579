"""Start an execution that was created."""

import asyncio
from contextlib import suppress

from chaingraph.errors import Unavailable
from chaingraph.execution.execution import Execution
from chaingraph.execution.status import Status
from chaingraph.ids import ExecutionId
from chaingraph.interfaces import Executions, Mailbox, User, Workflows
from chaingraph.usecases.access import permitted_execution
from chaingraph.usecases.start_workflow import AT_ONCE, start_workflow
from chaingraph.usecases.wake_up import wake_up


async def start_execution(
    execution_id: ExecutionId, user: User, *, executions: Executions, mailbox: Mailbox, workflows: Workflows
) -> None:
    """created → running; of two starts one wins. Raises NotFound, Forbidden, WrongStatus."""
    execution = await permitted_execution(execution_id, user, executions=executions)
    await executions.start(execution_id)
    await wake_up(execution_id, mailbox=mailbox, workflows=workflows)
    if execution.external_event is not None:
        await _start_children(execution, executions=executions, workflows=workflows)


async def _start_children(root: Execution, *, executions: Executions, workflows: Workflows) -> None:
    """The children made at create, one for each further event, start with their root.

    A child starts with its first slice; whatever cannot be started now is started by the sweep.
    """
    with suppress(Unavailable):
        children = await executions.children(root.id)
        waiting = [child for child in children if child.status is Status.CREATED]
        await asyncio.gather(
            *(start_workflow(child.id, child.workflow_run, AT_ONCE, workflows=workflows) for child in waiting)
        )
