"""An execution as it is when it was created."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from chaingraph.execution.commands import Reach
from chaingraph.execution.execution import Execution, NewExecution
from chaingraph.execution.status import Status
from chaingraph.ids import Epoch, EventIndex, WorkflowRun

FRESH: Final[Mapping[str, Any]] = {
    "status": Status.CREATED,
    "command": None,
    "reach": Reach.ALONE,
    "epoch": Epoch(0),
    "next_index": EventIndex(0),
    "workflow_run": WorkflowRun(1),
    "started_at": None,
    "completed_at": None,
    "error_message": None,
    "error_node_id": None,
    "error_count": 0,
    "failure_count": 0,
    "active_ms": 0,
    "waiting": None,
}


def fresh_execution(new: NewExecution, now: datetime) -> Execution:
    given = {field.name: getattr(new, field.name) for field in fields(new)}
    is_called = given.pop("inputs") is not None
    return Execution(**given, is_called=is_called, **FRESH, created_at=now, updated_at=now)
