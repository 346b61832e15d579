"""From a schedule's tick, or the news that a workflow run has ended, to the use cases of the sweep."""

import re
from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from chaingraph.aws.log_fields import note, note_execution
from chaingraph.errors import ChaingraphError, Unavailable
from chaingraph.ids import ExecutionId, WorkflowRun
from chaingraph.usecases.take_over import take_over_ended
from functions.sweep.looks import SweepAdapters, SweepReport, looks

STATUS_CHANGE: Final = "Step Functions Execution Status Change"
WORKFLOW_NAME: Final = re.compile(r"(EX[A-Za-z0-9]{24})-([0-9]{1,9})")


class WorkflowStatus(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    status: str


class Notice(BaseModel):
    """An event of EventBridge."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    kind: str = Field(alias="detail-type")
    detail: dict[str, object] = Field(default_factory=dict[str, object])


async def serve(payload: Mapping[str, object], adapters: SweepAdapters) -> dict[str, int]:
    notice = Notice.model_validate(payload)
    if notice.kind == STATUS_CHANGE:
        return await _ended(WorkflowStatus.model_validate(notice.detail), adapters)
    return await _sweep(adapters)


async def _ended(workflow: WorkflowStatus, adapters: SweepAdapters) -> dict[str, int]:
    name = WORKFLOW_NAME.fullmatch(workflow.name)
    if name is None or workflow.status == "RUNNING":
        return {"restarted": 0}
    execution_id, run = ExecutionId(name[1]), WorkflowRun(int(name[2]))
    note_execution(execution_id)
    note("workflow_run", run)
    found = {"restarted": int(await take_over_ended(execution_id, run, rescuer=adapters.rescuer))}
    return await _reported(found, adapters)


async def _sweep(adapters: SweepAdapters) -> dict[str, int]:
    """One look that fails keeps no other from looking, unless the database is away."""
    found: dict[str, int] = {}
    failures: list[Exception] = []
    for name, look in looks(adapters).items():
        try:
            found[name] = await look()
        except Unavailable:
            raise
        except ChaingraphError as error:
            failures.append(error)
    if failures:
        raise ExceptionGroup("the sweep could not look everywhere", failures)
    return await _reported(found, adapters)


async def _reported(found: dict[str, int], adapters: SweepAdapters) -> dict[str, int]:
    adapters.on_report(SweepReport(found, await adapters.outside.queue.report()))
    return found
