"""Start the workflow of an execution whose row is there already."""

from typing import Final

from chaingraph.errors import Unavailable
from chaingraph.ids import ExecutionId, WorkflowRun
from chaingraph.interfaces import Workflows

AT_ONCE: Final = 0


async def start_workflow(
    execution_id: ExecutionId, run: WorkflowRun, wait_seconds: int, *, workflows: Workflows
) -> bool:
    """False: the workflow service does not answer; the row is there, the sweep starts its workflow later."""
    try:
        await workflows.start(execution_id, run, wait_seconds)
    except Unavailable:
        return False
    return True
