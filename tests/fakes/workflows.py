from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chaingraph.errors import Unavailable
from chaingraph.ids import ExecutionId, TaskToken, WorkflowRun, workflow_name
from chaingraph.interfaces import Completion


class WorkflowStatus(StrEnum):
    RUNNING = "running"
    STOPPED = "stopped"


@dataclass(slots=True)
class StartedWorkflow:
    execution_id: ExecutionId
    run: WorkflowRun
    wait_seconds: int
    status: WorkflowStatus = WorkflowStatus.RUNNING


class FakeWorkflows:
    """Runs nothing: a test says which tasks wait (`wait`) and sees what they were completed with."""

    def __init__(self) -> None:
        self.started: dict[str, StartedWorkflow] = {}
        self.completed: dict[TaskToken, Mapping[str, object]] = {}
        self.is_available = True
        self._waiting: dict[TaskToken, str] = {}

    async def start(self, execution_id: ExecutionId, run: WorkflowRun, wait_seconds: int) -> None:
        self._answer()
        started = StartedWorkflow(execution_id, run, wait_seconds)
        self.started.setdefault(workflow_name(execution_id, run), started)

    async def complete(self, token: TaskToken, output: Mapping[str, object]) -> Completion:
        self._answer()
        if self._waiting.pop(token, None) is None:
            return Completion.GONE
        self.completed[token] = output
        return Completion.DELIVERED

    async def stop(self, execution_id: ExecutionId, run: WorkflowRun, cause: str) -> None:
        self._answer()
        name = workflow_name(execution_id, run)
        if name in self.started:
            self.started[name].status = WorkflowStatus.STOPPED
        self._waiting = {token: owner for token, owner in self._waiting.items() if owner != name}

    def wait(self, token: TaskToken, execution_id: ExecutionId, run: WorkflowRun) -> None:
        """A task of this workflow waits for the token from now on."""
        self._waiting[token] = workflow_name(execution_id, run)

    def _answer(self) -> None:
        if not self.is_available:
            raise Unavailable("the workflow service does not answer")
