"""Keep the token of a waiting task."""

from dataclasses import dataclass

from chaingraph.errors import NotFound
from chaingraph.execution.execution import Execution
from chaingraph.execution.status import is_final
from chaingraph.ids import ExecutionId, TaskToken, WorkflowRun
from chaingraph.interfaces import Executions, Mailbox, Workflows
from chaingraph.usecases.wake_up import DONE, RUN


@dataclass(frozen=True, slots=True)
class Wait:
    """A task of a workflow run that waits until its token is completed."""

    execution_id: ExecutionId
    workflow_run: WorkflowRun
    token: TaskToken


async def await_signal(wait: Wait, *, mailbox: Mailbox, executions: Executions, workflows: Workflows) -> None:
    """Store the token, commit, then look: where a signal came before, complete the token at once.

    Of an older workflow run, or of an execution that has ended, the token is completed with `done`.
    """
    if not await mailbox.keep(wait.token, wait.execution_id, wait.workflow_run):
        return
    output = RUN if await _is_current(wait, executions=executions) else DONE
    await workflows.complete(wait.token, output)
    await mailbox.forget(wait.token)


async def _is_current(wait: Wait, *, executions: Executions) -> bool:
    try:
        execution = await executions.read(wait.execution_id)
    except NotFound:
        return False
    return _belongs(execution, wait.workflow_run)


def _belongs(execution: Execution, run: WorkflowRun) -> bool:
    return execution.workflow_run == run and not is_final(execution.status)
