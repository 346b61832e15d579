"""Who may see and change what: the owner, and an admin."""

from chaingraph.errors import Forbidden
from chaingraph.execution.execution import Execution
from chaingraph.ids import ExecutionId, FlowId, UserId
from chaingraph.interfaces import Executions, Flows, StoredFlow, User


async def permitted_execution(execution_id: ExecutionId, user: User, *, executions: Executions) -> Execution:
    """Raises NotFound when there is none, Forbidden when it is someone else's."""
    execution = await executions.read(execution_id)
    _require(user, execution.owner_id, f"execution {execution_id}")
    return execution


async def permitted_flow(flow_id: FlowId, user: User, *, flows: Flows) -> StoredFlow:
    """Raises NotFound when there is none, Forbidden when it is someone else's."""
    flow = await flows.read(flow_id)
    _require(user, flow.owner_id, f"flow {flow_id}")
    return flow


def visible_owner(user: User) -> UserId | None:
    """Whose things a listing shows: the user's own, to an admin everybody's (None)."""
    return None if user.is_admin else user.id


def _require(user: User, owner_id: UserId, what: str) -> None:
    if not user.is_admin and user.id != owner_id:
        raise Forbidden(f"{what} belongs to somebody else")
