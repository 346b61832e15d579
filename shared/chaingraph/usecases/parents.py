"""The end of a child reaches its parent: the last one wakes it, a failing one where failures end a flow."""

from collections.abc import Sequence

from chaingraph.execution.execution import Execution
from chaingraph.execution.options import OnNodeFailure
from chaingraph.execution.status import Status, is_final
from chaingraph.ids import ExecutionId
from chaingraph.usecases.slices import Outside
from chaingraph.usecases.wake_up import wake_up


async def wake_parent(child: Execution, *, outside: Outside) -> None:
    """Wake the parent of an execution that has ended, if this end may let the parent go on.

    Safe to repeat: a wake-up carries nothing, and the parent looks at its children itself. Raises Unavailable
    when the parent was sent no signal: the child's next turn sends it, or the sweep finds the parent waiting
    for children that have all ended.
    """
    if child.parent_id is None:
        return
    if child.is_called:
        await _wake_caller(child.id, child.parent_id, outside)
        return
    siblings = await outside.executions.children(child.parent_id)
    if not _lets_go_on(child.id, siblings):
        return
    await outside.mailbox.signal(child.parent_id)
    await wake_up(child.parent_id, mailbox=outside.mailbox, workflows=outside.workflows)


async def _wake_caller(child_id: ExecutionId, parent_id: ExecutionId, outside: Outside) -> None:
    """Each end is waited for by somebody. Until the row says that it was told, the sweep tells it again."""
    await outside.mailbox.signal(parent_id)
    await outside.executions.told(child_id)
    await wake_up(parent_id, mailbox=outside.mailbox, workflows=outside.workflows)


def _lets_go_on(child_id: str, siblings: Sequence[Execution]) -> bool:
    if all(is_final(sibling.status) for sibling in siblings):
        return True
    child = next((sibling for sibling in siblings if sibling.id == child_id), None)
    return child is not None and has_failed(child) and child.options.on_node_failure is OnNodeFailure.FAIL


def has_failed(child: Execution) -> bool:
    return child.status in (Status.FAILED, Status.STOPPED)
