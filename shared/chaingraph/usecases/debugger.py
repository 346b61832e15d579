"""Breakpoints and the state of an execution that is stopped at one."""

from collections.abc import Sequence
from dataclasses import dataclass

from chaingraph.errors import Problem, rejected
from chaingraph.execution.status import Status
from chaingraph.ids import ExecutionId, NodeId
from chaingraph.interfaces import Executions, User
from chaingraph.usecases.access import permitted_execution
from chaingraph.usecases.checked_flows import CheckedFlows


@dataclass(frozen=True, slots=True)
class DebuggerState:
    """`current_node`: the node that a breakpoint holds, before its values are transferred."""

    is_paused: bool
    current_node: NodeId | None
    breakpoints: Sequence[str]


async def add_breakpoint(
    execution_id: ExecutionId, node_id: NodeId, user: User, *, executions: Executions, flows: CheckedFlows
) -> None:
    """It holds from the node's next start on; nothing happens when it is there already.

    Raises NotFound, Forbidden, WrongStatus after the end, Rejected where the execution's flow has no such
    node.
    """
    execution = await permitted_execution(execution_id, user, executions=executions)
    flow = flows.flow(await executions.pinned_document(execution.flow_hash))
    if all(node.id != node_id for node in flow.nodes):
        raise rejected([Problem("nodeId", f"the flow has no node {node_id!r}")])
    await executions.set_breakpoint(execution_id, node_id)


async def remove_breakpoint(
    execution_id: ExecutionId, node_id: NodeId, user: User, *, executions: Executions
) -> None:
    """Nothing happens when it is not there. Raises NotFound, Forbidden, WrongStatus after the end."""
    await permitted_execution(execution_id, user, executions=executions)
    await executions.clear_breakpoint(execution_id, node_id)


async def debugger_state(execution_id: ExecutionId, user: User, *, executions: Executions) -> DebuggerState:
    """Raises NotFound, Forbidden."""
    execution = await permitted_execution(execution_id, user, executions=executions)
    waiting = execution.waiting or {}
    held = waiting.get("detail") if waiting.get("kind") == "breakpoint" else None
    return DebuggerState(
        is_paused=execution.status is Status.PAUSED,
        current_node=None if held is None else NodeId(str(held)),
        breakpoints=execution.options.breakpoints,
    )
