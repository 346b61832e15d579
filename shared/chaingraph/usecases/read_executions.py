"""What is known of executions."""

from chaingraph.errors import NotFound
from chaingraph.execution.execution import Execution
from chaingraph.execution.status import Status
from chaingraph.ids import ExecutionId, FlowId
from chaingraph.interfaces import Executions, Flows, Page, RootExecution, User
from chaingraph.usecases.access import permitted_execution, permitted_flow, visible_owner


async def execution_details(execution_id: ExecutionId, user: User, *, executions: Executions) -> Execution:
    """Raises NotFound, Forbidden."""
    return await permitted_execution(execution_id, user, executions=executions)


async def executions_tree(root_id: ExecutionId, user: User, *, executions: Executions) -> list[Execution]:
    """The root with all its descendants, by depth, then id. Raises NotFound (a child's id too), Forbidden."""
    root = await permitted_execution(root_id, user, executions=executions)
    if root.root_id != root_id:
        raise NotFound(f"execution {root_id} is not a root; the root of its tree is {root.root_id}")
    return await executions.tree(root_id)


async def root_executions(
    flow_id: FlowId, page: Page, user: User, *, flows: Flows, executions: Executions
) -> list[RootExecution]:
    """The root executions of a flow, newest first. Raises NotFound, Forbidden."""
    await permitted_flow(flow_id, user, flows=flows)
    return await executions.roots(flow_id, page)


async def list_executions(
    page: Page, status: Status | None, user: User, *, executions: Executions
) -> list[Execution]:
    """The user's executions, an admin's: everybody's; newest first."""
    return await executions.list_of(visible_owner(user), page, status)
