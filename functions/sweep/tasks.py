"""From a schedule's tick, or the news that a workflow run has ended, to the use cases of the sweep."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from chaingraph.ids import ExecutionId, WorkflowRun
from chaingraph.interfaces import Connections, Mailbox, Overdue, Posts, Workflows
from chaingraph.usecases.sweep import close_unidentified, restart, restart_stalled, wake_parents, wake_unseen

STATUS_CHANGE: Final = "Step Functions Execution Status Change"
WORKFLOW_NAME: Final = re.compile(r"(EX[A-Za-z0-9]{24})-([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class SweepSettings:
    stalled_after_ms: int
    identification_timeout_seconds: int


@dataclass(frozen=True, slots=True)
class SweepAdapters:
    overdue: Overdue
    mailbox: Mailbox
    workflows: Workflows
    connections: Connections
    posts: Posts
    settings: SweepSettings
    now: Callable[[], datetime]


class WorkflowStatus(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    status: str


class Notice(BaseModel):
    """An event of EventBridge."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    kind: str = Field(alias="detail-type")
    detail: dict[str, object] = Field(default_factory=dict[str, object])


async def serve(payload: Mapping[str, object], adapters: SweepAdapters) -> dict[str, object]:
    notice = Notice.model_validate(payload)
    if notice.kind == STATUS_CHANGE:
        return await _ended(WorkflowStatus.model_validate(notice.detail), adapters)
    return await _sweep(adapters)


async def _ended(workflow: WorkflowStatus, adapters: SweepAdapters) -> dict[str, object]:
    name = WORKFLOW_NAME.fullmatch(workflow.name)
    if name is None or workflow.status == "RUNNING":
        return {"restarted": 0}
    execution_id, run = ExecutionId(name[1]), WorkflowRun(int(name[2]))
    restarted = await restart(execution_id, run, overdue=adapters.overdue, workflows=adapters.workflows)
    return {"restarted": int(restarted)}


async def _sweep(adapters: SweepAdapters) -> dict[str, object]:
    woken = await wake_unseen(
        overdue=adapters.overdue, mailbox=adapters.mailbox, workflows=adapters.workflows
    )
    told = await wake_parents(
        overdue=adapters.overdue, mailbox=adapters.mailbox, workflows=adapters.workflows
    )
    restarted = await restart_stalled(
        older_than_ms=adapters.settings.stalled_after_ms,
        overdue=adapters.overdue,
        workflows=adapters.workflows,
    )
    closed = await close_unidentified(
        adapters.now(),
        timeout_seconds=adapters.settings.identification_timeout_seconds,
        connections=adapters.connections,
        posts=adapters.posts,
    )
    return {"woken": woken + told, "restarted": restarted, "closed": closed}
