"""From the workflow's task to one slice of the engine, and its verdict back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from chaingraph.aws.log_fields import note
from chaingraph.ids import Epoch, ExecutionId, WorkerId, WorkflowRun
from chaingraph.usecases.run_slice import Plans
from chaingraph.usecases.slices import Outside, SliceSettings, Verdict
from chaingraph.usecases.take_turn import Turn, TurnReport, Worker, take_turn


@dataclass(frozen=True, slots=True)
class RunFlowAdapters:
    """`slice_settings`: for the milliseconds that the function has left."""

    outside: Outside
    slice_settings: Callable[[int], SliceSettings]
    plans: Plans
    worker_id: WorkerId
    on_report: Callable[[TurnReport], None] = lambda _: None


class Task(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)

    execution_id: ExecutionId
    workflow_run: WorkflowRun
    turn: int = 0


async def serve(
    payload: Mapping[str, object], adapters: RunFlowAdapters, remaining_ms: int
) -> dict[str, object]:
    task = Task.model_validate(payload)
    verdict = await take_turn(
        Turn(task.execution_id, task.workflow_run, task.turn),
        outside=adapters.outside,
        settings=adapters.slice_settings(remaining_ms),
        worker=Worker(adapters.worker_id, adapters.plans, adapters.on_report, _note_epoch),
    )
    return answer(verdict)


def _note_epoch(epoch: Epoch) -> None:
    note("epoch", epoch)


def answer(verdict: Verdict) -> dict[str, object]:
    if verdict.next == "wait":
        return {"next": verdict.next, "waitSeconds": verdict.wait_seconds}
    return {"next": verdict.next}
