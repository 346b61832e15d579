"""From the workflow's task to the use case."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from chaingraph.ids import ExecutionId, TaskToken, WorkflowRun
from chaingraph.interfaces import Executions, Mailbox, Workflows
from chaingraph.usecases.await_signal import Wait, await_signal


@dataclass(frozen=True, slots=True)
class AwaitSignalAdapters:
    mailbox: Mailbox
    executions: Executions
    workflows: Workflows


class Task(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)

    execution_id: ExecutionId
    workflow_run: WorkflowRun
    task_token: TaskToken


async def serve(payload: Mapping[str, object], adapters: AwaitSignalAdapters) -> dict[str, object]:
    """The workflow takes no answer from here: it waits for the token."""
    task = Task.model_validate(payload)
    await await_signal(
        Wait(task.execution_id, task.workflow_run, task.task_token),
        mailbox=adapters.mailbox,
        executions=adapters.executions,
        workflows=adapters.workflows,
    )
    return {}
