"""The same idempotency key is the same execution, as long as that is there."""

from chaingraph.errors import Conflict, NotFound
from chaingraph.ids import ExecutionId, FlowId, UserId
from chaingraph.interfaces import Executions, Flows, Idempotency, Page, User
from chaingraph.usecases.access import permitted_flow


async def created_before(
    flow_id: FlowId, idempotency: Idempotency, user: User, *, flows: Flows, executions: Executions
) -> ExecutionId | None:
    """What was created with the key, although the flow may have been deleted or spoilt since.

    Raises Forbidden, Conflict when the key was used with another request.
    """
    owner_id = await _owner_of(flow_id, user, flows=flows, executions=executions)
    keyed = None if owner_id is None else await executions.keyed(owner_id, idempotency.key)
    if keyed is None:
        return None
    if keyed.request_hash != idempotency.request_hash:
        raise Conflict("the idempotency key was used with another request")
    return keyed.execution_id


async def _owner_of(flow_id: FlowId, user: User, *, flows: Flows, executions: Executions) -> UserId | None:
    """Of a flow that is gone, its executions tell. None: there is none that this user may see."""
    try:
        return (await permitted_flow(flow_id, user, flows=flows)).owner_id
    except NotFound:
        owners = {root.execution.owner_id for root in await executions.roots(flow_id, Page(1))}
        return next((owner for owner in owners if user.is_admin or user.id == owner), None)
