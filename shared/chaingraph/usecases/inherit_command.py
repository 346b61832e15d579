"""A child that has not begun obeys what was said to its parent.

A stop or a pause of a tree reaches the rows that are there. A child that its parent spawns at the same moment
may be missed, so it looks itself before its first node: at that time its parent is done with spawning it, and
the parent's row tells.
"""

from dataclasses import replace

import orjson

from chaingraph.engine.plan import Plan
from chaingraph.engine.recorder import Recorder
from chaingraph.execution.commands import DEFAULT_PAUSE_REASON, HOLDING, Command, CommandKind, Reach
from chaingraph.execution.commits import Checkpoint, Claim, Commit, SliceEnd, Waiting
from chaingraph.execution.events import EventType
from chaingraph.execution.execution import Execution
from chaingraph.execution.status import Status
from chaingraph.execution.waiting import Paused, waiting_reason
from chaingraph.ids import EventIndex
from chaingraph.interfaces import Executions
from chaingraph.usecases.run_graph import run_of
from chaingraph.usecases.slices import Outside, SliceSettings


async def with_inherited_command(checkpoint: Checkpoint, *, executions: Executions) -> Checkpoint:
    """With what its parent passes on, where a child has not begun and has no command of its own."""
    child = checkpoint.execution
    if child.parent_id is None or child.next_index or child.command or child.status is not Status.RUNNING:
        return checkpoint
    parent = await executions.read(child.parent_id)
    command = passed_on(parent) or await _pause_above(parent, executions)
    return replace(checkpoint, execution=replace(child, command=command))


async def _pause_above(parent: Execution, executions: Executions) -> Command | None:
    """A parent that is paused by itself takes no further pause: one of a tree above it passes it by."""
    above = parent
    while above.status is Status.PAUSED and above.command is None and above.parent_id is not None:
        above = await executions.read(above.parent_id)
        command = passed_on(above)
        if command is not None and command.kind is CommandKind.PAUSE:
            return command
    return None


def passed_on(parent: Execution) -> Command | None:
    """A stop or pause of the whole tree; where the parent can never let its children begin, a stop."""
    if parent.status is Status.FAILED or _was_never_started(parent):
        return _stop(parent, f"the parent execution {parent.id} is {parent.status}")
    if parent.reach is Reach.ALONE:
        return None
    if parent.command is not None:
        return parent.command if parent.command.kind in HOLDING else None
    match parent.status:
        case Status.STOPPED:
            return _stop(parent, parent.error_message or "")
        case Status.PAUSED:
            return _pause(parent)
        case _:
            return None


async def pause_before_the_first_node(
    claim: Claim,
    checkpoint: Checkpoint,
    command: Command,
    *,
    plan: Plan,
    outside: Outside,
    settings: SliceSettings,
) -> bool:
    """False: a signal came before it could be written; look again."""
    execution, now = checkpoint.execution, outside.clock()
    recorder = Recorder(EventIndex(execution.next_index))
    run_of(execution, plan, settings, recorder).begin(now)
    recorder.event(EventType.FLOW_PAUSED, orjson.dumps({"reason": command.reason}), now)
    waiting = Waiting("paused", detail=command.reason, by=command.by)
    end = SliceEnd(Status.PAUSED, checkpoint.signal_seq, CommandKind.PAUSE, waiting=waiting)
    record = recorder.take()
    reply = await outside.runs.commit(claim, Commit(record.first, record.events, end=end), lease_ms=1)
    if reply.landed:
        await outside.runs.notify(claim.execution_id, EventIndex(record.next - 1))
    return reply.landed


def _was_never_started(parent: Execution) -> bool:
    return parent.status is Status.STOPPED and parent.started_at is None


def _stop(parent: Execution, reason: str) -> Command:
    return Command(CommandKind.STOP, parent.owner_id, reason)


def _pause(parent: Execution) -> Command:
    """Why is known while nobody works on the parent."""
    match waiting_reason(parent):
        case Paused(by=by, reason=reason):
            return Command(CommandKind.PAUSE, by or parent.owner_id, reason)
        case _:
            return Command(CommandKind.PAUSE, parent.owner_id, DEFAULT_PAUSE_REASON)
