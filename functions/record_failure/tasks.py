"""From the workflow's report of a dead slice to what it does next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from chaingraph.errors import Conflict, NotFound
from chaingraph.ids import ExecutionId, WorkerId, WorkflowRun
from chaingraph.usecases.record_failure import DeadSlice, GiveUp, RunAgain, Verdict, record_failure
from chaingraph.usecases.run_slice import fail_execution
from chaingraph.usecases.slices import Outside


@dataclass(frozen=True, slots=True)
class RecordFailureAdapters:
    """`most`: so many dead slices without a new node result end an execution."""

    outside: Outside
    most: int
    worker_id: WorkerId
    on_report: Callable[[DeadSlice, Verdict], None] = lambda _, __: None


class Task(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)

    execution_id: ExecutionId
    workflow_run: WorkflowRun
    error: str
    cause: str

    def dead_slice(self) -> DeadSlice:
        return DeadSlice(self.execution_id, self.workflow_run, self.error, self.cause)


async def serve(payload: Mapping[str, object], adapters: RecordFailureAdapters) -> dict[str, object]:
    dead = Task.model_validate(payload).dead_slice()
    try:
        verdict = await record_failure(dead, runs=adapters.outside.runs, most=adapters.most)
    except (Conflict, NotFound):
        return {"next": "done"}  # ended, deleted, or in the hands of a newer workflow run
    adapters.on_report(dead, verdict)
    match verdict:
        case RunAgain(wait_seconds=0):
            return {"next": "run"}
        case RunAgain(wait_seconds=seconds):
            return {"next": "wait", "waitSeconds": seconds}
        case GiveUp(reason=reason):
            await fail_execution(
                dead.execution_id,
                dead.workflow_run,
                reason,
                outside=adapters.outside,
                worker_id=adapters.worker_id,
            )
            return {"next": "done"}
