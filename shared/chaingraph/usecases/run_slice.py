"""One slice of an execution: claim it, do what can be done now, give it back with a verdict for the workflow.

Why the slice was woken does not matter: the row and the database's clock decide. Nothing is kept in memory
between slices but compiled flows, which are immutable.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import orjson

from chaingraph.engine.plan import Plan, plan_of
from chaingraph.errors import Conflict
from chaingraph.execution.commands import HOLDING, STEPS, CommandKind
from chaingraph.execution.commits import Checkpoint, Claim, Commit, SliceEnd, Waiting
from chaingraph.execution.events import Event, EventType
from chaingraph.execution.execution import Execution
from chaingraph.execution.slots import InLine
from chaingraph.execution.status import Status, is_final
from chaingraph.graph.document import load_flow
from chaingraph.graph.node_types import NodeTypes
from chaingraph.ids import EventIndex, ExecutionId, FlowHash, UserId, WorkerId, WorkflowRun
from chaingraph.usecases.inherit_command import pause_before_the_first_node, with_inherited_command
from chaingraph.usecases.parents import wake_parent
from chaingraph.usecases.run_graph import run_graph
from chaingraph.usecases.slices import DONE, RUN, WAIT, Outside, SliceSettings, Verdict, whole_seconds


class Plans:
    """Compiled flows by the hash of their document, the last ones used."""

    def __init__(self, node_types: NodeTypes, most: int = 64) -> None:
        self._node_types = node_types
        self._most = most
        self._plans: OrderedDict[FlowHash, Plan] = OrderedDict()

    def of(self, flow_hash: FlowHash, document: bytes) -> Plan:
        plan = self._plans.get(flow_hash)
        if plan is None:
            plan = self._plans[flow_hash] = plan_of(load_flow(document, self._node_types))
            if len(self._plans) > self._most:
                self._plans.popitem(last=False)
        self._plans.move_to_end(flow_hash)
        return plan


GOING_ON: Final = STEPS | {CommandKind.RESUME}


async def run_slice(
    execution_id: ExecutionId,
    workflow_run: WorkflowRun,
    *,
    outside: Outside,
    settings: SliceSettings,
    plans: Plans,
    worker_id: WorkerId,
) -> Verdict:
    """Raises Unavailable when the database does not answer; the workflow then runs another slice."""
    claim = await outside.runs.claim(
        execution_id,
        workflow_run=workflow_run,
        worker_id=worker_id,
        lease_ms=settings.writer.lease_ms,
        slots=settings.slots,
    )
    match claim:
        case None:
            await _tell_parent(execution_id, outside)
            return DONE
        case InLine():
            return WAIT
        case Claim():
            return await _while_claimed(claim, outside, settings, plans)


async def _while_claimed(claim: Claim, outside: Outside, settings: SliceSettings, plans: Plans) -> Verdict:
    try:
        return await _until_settled(claim, outside, settings, plans)
    except Conflict:
        return DONE  # somebody else holds the execution now, and decides what is next


async def fail_execution(
    execution_id: ExecutionId,
    workflow_run: WorkflowRun,
    reason: str,
    *,
    outside: Outside,
    worker_id: WorkerId,
) -> None:
    """End an execution as failed that cannot be run. Nothing happens when it has ended or moved on."""
    claim = await outside.runs.claim(
        execution_id, workflow_run=workflow_run, worker_id=worker_id, lease_ms=30_000
    )
    if not isinstance(claim, Claim):
        return
    landed = False
    while not landed:
        checkpoint = await outside.runs.load(claim)
        end = SliceEnd(
            Status.FAILED, checkpoint.signal_seq, takes_command=_pending(checkpoint), error_message=reason
        )
        landed = await _write(claim, checkpoint, [_failed(checkpoint, reason, outside.clock)], end, outside)
    await _tell_parent(execution_id, outside)


async def _until_settled(claim: Claim, outside: Outside, settings: SliceSettings, plans: Plans) -> Verdict:
    """Decide, write, and decide again where a signal came in between."""
    while True:
        checkpoint = await outside.runs.load(claim)
        verdict = await _advance(claim, checkpoint, outside, settings, plans)
        if verdict is not None:
            return verdict


async def _advance(
    claim: Claim, checkpoint: Checkpoint, outside: Outside, settings: SliceSettings, plans: Plans
) -> Verdict | None:
    checkpoint = await with_inherited_command(checkpoint, executions=outside.executions)
    execution = checkpoint.execution
    stops = execution.command is not None and execution.command.kind is CommandKind.STOP
    if settings.slots is not None and not claim.has_slot and _runs(execution):
        end = SliceEnd(None, checkpoint.signal_seq)  # it was claimed for a pause that has been taken back
        return RUN if await _write(claim, checkpoint, [], end, outside) else None
    if execution.next_index == 0 and _is_held(execution) and not _is_stopped_root(execution):
        return await _hold(claim, checkpoint, outside, settings, plans)
    if execution.status is Status.RUNNING or (execution.status is Status.PAUSED and stops):
        plan = plans.of(execution.flow_hash, checkpoint.document)
        return await run_graph(claim, checkpoint, plan, outside=outside, settings=settings)
    if stops:
        return await _stop(claim, checkpoint, outside)
    if execution.status is Status.PAUSED:
        return await _paused(claim, checkpoint, outside)
    return await _created(claim, checkpoint, outside, settings)


def _runs(execution: Execution) -> bool:
    return execution.status is Status.RUNNING and not _is_held(execution)


def _is_held(execution: Execution) -> bool:
    return execution.command is not None and execution.command.kind in HOLDING


def _is_stopped_root(execution: Execution) -> bool:
    """It was started, so its log says that it began, and which nodes would have been the first."""
    is_root = execution.status is Status.RUNNING and execution.parent_id is None
    return is_root and execution.command is not None and execution.command.kind is CommandKind.STOP


async def _hold(
    claim: Claim, checkpoint: Checkpoint, outside: Outside, settings: SliceSettings, plans: Plans
) -> Verdict | None:
    """Nothing has run, and nothing runs."""
    command, flow_hash = checkpoint.execution.command, checkpoint.execution.flow_hash
    if command is None or command.kind is CommandKind.STOP:
        return await _stop(claim, checkpoint, outside)
    plan = plans.of(flow_hash, checkpoint.document)
    is_paused = await pause_before_the_first_node(
        claim, checkpoint, command, plan=plan, outside=outside, settings=settings
    )
    return WAIT if is_paused else None


async def _stop(claim: Claim, checkpoint: Checkpoint, outside: Outside) -> Verdict | None:
    """Stopped while nothing ran."""
    command = checkpoint.execution.command
    reason = command.reason if command is not None else ""
    payload = {"reason": reason, "executionTime": checkpoint.execution.active_ms}
    event = _event(checkpoint, EventType.FLOW_CANCELLED, payload, outside.clock)
    end = SliceEnd(Status.STOPPED, checkpoint.signal_seq, CommandKind.STOP, error_message=reason)
    if not await _write(claim, checkpoint, [event], end, outside):
        return None
    await wake_parent(checkpoint.execution, outside=outside)
    return DONE


async def _paused(claim: Claim, checkpoint: Checkpoint, outside: Outside) -> Verdict | None:
    command = checkpoint.execution.command
    if command is None or command.kind not in GOING_ON:
        end = SliceEnd(None, checkpoint.signal_seq, waiting=_why_paused(checkpoint.execution))
        return WAIT if await _write(claim, checkpoint, [], end, outside) else None
    event = _event(checkpoint, EventType.FLOW_RESUMED, {}, outside.clock)
    # A step stays pending until it is done.
    takes = CommandKind.RESUME if command.kind is CommandKind.RESUME else None
    end = SliceEnd(Status.RUNNING, checkpoint.signal_seq, takes)
    return RUN if await _write(claim, checkpoint, [event], end, outside) else None


def _why_paused(execution: Execution) -> Waiting:
    waiting = execution.waiting or {}
    detail, by = waiting.get("detail"), waiting.get("by")
    return Waiting(
        str(waiting.get("kind", "paused")),
        detail=None if detail is None else str(detail),
        by=None if by is None else UserId(str(by)),
    )


async def _created(
    claim: Claim, checkpoint: Checkpoint, outside: Outside, settings: SliceSettings
) -> Verdict | None:
    """Not started yet: wait for the rest of its time, or fail it."""
    created_ms = int(checkpoint.execution.created_at.timestamp() * 1000)
    left_ms = min(settings.start_timeout_ms, created_ms + settings.start_timeout_ms - outside.clock())
    if left_ms > 0:
        end = SliceEnd(
            None, checkpoint.signal_seq, waiting=Waiting("start", until_ms=outside.clock() + left_ms)
        )
        landed = await _write(claim, checkpoint, [], end, outside)
        return Verdict("wait", whole_seconds(left_ms)) if landed else None
    reason = f"Execution start timeout: no start within {settings.start_timeout_ms // 1000} seconds"
    end = SliceEnd(Status.FAILED, checkpoint.signal_seq, error_message=reason)
    if not await _write(claim, checkpoint, [_failed(checkpoint, reason, outside.clock)], end, outside):
        return None
    await wake_parent(checkpoint.execution, outside=outside)
    return DONE


async def _write(
    claim: Claim, checkpoint: Checkpoint, events: list[Event], end: SliceEnd, outside: Outside
) -> bool:
    commit = Commit(first=checkpoint.execution.next_index, events=tuple(events), end=end)
    reply = await outside.runs.commit(claim, commit, lease_ms=1)
    if reply.landed and events:
        await outside.runs.notify(claim.execution_id, events[-1].index)
    return reply.landed


def _event(checkpoint: Checkpoint, type_: str, payload: object, clock: Callable[[], int]) -> Event:
    return Event(EventIndex(checkpoint.execution.next_index), type_, clock(), orjson.dumps(payload))


def _failed(checkpoint: Checkpoint, reason: str, clock: Callable[[], int]) -> Event:
    error = {"name": "Error", "message": reason}
    payload = {"error": error, "executionTime": checkpoint.execution.active_ms}
    return _event(checkpoint, EventType.FLOW_FAILED, payload, clock)


def _pending(checkpoint: Checkpoint) -> CommandKind | None:
    command = checkpoint.execution.command
    return None if command is None else command.kind


async def _tell_parent(execution_id: ExecutionId, outside: Outside) -> None:
    """A slice may have died between its last commit and the wake-up of its parent: repeat it."""
    execution: Execution = await outside.executions.read(execution_id)
    if is_final(execution.status):
        await wake_parent(execution, outside=outside)
