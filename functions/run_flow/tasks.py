"""From the workflow's task to one slice of the engine, and its verdict back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from chaingraph.ids import ExecutionId, WorkerId, WorkflowRun
from chaingraph.usecases.run_slice import Plans, run_slice
from chaingraph.usecases.slices import Outside, SliceSettings, Verdict


@dataclass(frozen=True, slots=True)
class RunFlowAdapters:
    """`slice_settings`: for the milliseconds that the function has left."""

    outside: Outside
    slice_settings: Callable[[int], SliceSettings]
    plans: Plans
    worker_id: WorkerId


class Task(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)

    execution_id: ExecutionId
    workflow_run: WorkflowRun


async def serve(
    payload: Mapping[str, object], adapters: RunFlowAdapters, remaining_ms: int
) -> dict[str, object]:
    task = Task.model_validate(payload)
    verdict = await run_slice(
        task.execution_id,
        task.workflow_run,
        outside=adapters.outside,
        settings=adapters.slice_settings(remaining_ms),
        plans=adapters.plans,
        worker_id=adapters.worker_id,
    )
    return answer(verdict)


def answer(verdict: Verdict) -> dict[str, object]:
    if verdict.next == "wait":
        return {"next": verdict.next, "waitSeconds": verdict.wait_seconds}
    return {"next": verdict.next}
