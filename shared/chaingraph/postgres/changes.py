"""What clients change of an execution's row: a start, a command, a breakpoint, each a compare-and-set."""

from dataclasses import dataclass
from typing import Final, LiteralString

from chaingraph.errors import NotFound, WrongStatus
from chaingraph.ids import ExecutionId

START: Final = """
with previous as (
    select execution_id, status, command from chaingraph.progress
    where execution_id = %(id)s for no key update
), changed as (
    update chaingraph.progress p
    set status = 'running', started_at = now(), signal_seq = signal_seq + 1, updated_at = now()
    from previous
    where p.execution_id = previous.execution_id and p.status = 'created' and p.command is null
    returning p.execution_id
)
select status, command, exists (select from changed) as is_changed from previous
"""

# A resume that meets a pause which is not yet obeyed clears it: there is nothing left to obey. Likewise a
# pause that meets a resume or a step. What is said to one execution alone finishes no resume of its tree.
COMMAND: Final = """
with previous as (
    select execution_id, status, command from chaingraph.progress
    where execution_id = %(id)s for no key update
), allowed as (
    select execution_id,
        status = 'running' and %(kind)s = 'resume' or status = 'paused' and %(kind)s = 'pause' as clears
    from previous
    where case %(kind)s::text
        when 'stop' then status in ('created', 'running', 'paused') and command is distinct from 'stop'
        when 'pause' then status = 'running' and coalesce(command, 'step') in ('step', 'stepOver')
            or status = 'paused' and command in ('resume', 'step', 'stepOver')
        when 'resume' then status = 'paused' and command is null or status = 'running' and command = 'pause'
        else status = 'paused' and command is null
    end
), changed as (
    update chaingraph.progress p
    set command = case when not clears then %(kind)s end,
        command_by = case when not clears then %(by)s end,
        command_reason = case when not clears then %(reason)s end,
        command_reach = case when %(kind)s in ('stop', 'pause') then %(reach)s else 'alone' end,
        unfinished_resume = case
            when %(reach)s = 'alone' then p.unfinished_resume
            when %(kind)s = 'resume' then p.signal_seq + 1
        end,
        signal_seq = signal_seq + 1, updated_at = now()
    from allowed
    where p.execution_id = allowed.execution_id
    returning p.execution_id
)
select status, command, exists (select from changed) as is_changed from previous
"""

FINISH_RESUME: Final = """
update chaingraph.progress set unfinished_resume = null
where execution_id = %(id)s and unfinished_resume = %(number)s
"""

# The options are read by every slice; the signal makes one that runs look at them again. The rows are locked
# in the order in which a commit that closes an execution locks them.
BREAKPOINTS_BEFORE: Final[LiteralString] = """
with previous as (
    select execution_id, status, command from chaingraph.progress
    where execution_id = %(id)s for no key update
), open as (
    select execution_id from previous where status in ('created', 'running', 'paused')
), listed as (
    update chaingraph.executions e
    set options = jsonb_set(options::jsonb, '{breakpoints}', """
BREAKPOINTS_AFTER: Final[LiteralString] = """)::json
    from open where e.id = open.execution_id
), changed as (
    update chaingraph.progress p set signal_seq = signal_seq + 1, updated_at = now()
    from open where p.execution_id = open.execution_id
    returning p.execution_id
)
select status, command, exists (select from changed) as is_changed from previous
"""
WITHOUT_NODE: Final[LiteralString] = "(coalesce(options::jsonb->'breakpoints', '[]') - %(node_id)s::text)"
SET_BREAKPOINT: Final[LiteralString] = (
    BREAKPOINTS_BEFORE + WITHOUT_NODE + " || to_jsonb(%(node_id)s::text)" + BREAKPOINTS_AFTER
)
CLEAR_BREAKPOINT: Final[LiteralString] = BREAKPOINTS_BEFORE + WITHOUT_NODE + BREAKPOINTS_AFTER


@dataclass(frozen=True, slots=True)
class Change:
    """What the row was before, and whether it was changed."""

    status: str
    command: str | None
    is_changed: bool


PARTICIPLES: Final = {
    "stop": "stopped",
    "pause": "paused",
    "resume": "resumed",
    "step": "stepped",
    "stepOver": "stepped",
}


def require_change(change: Change | None, execution_id: ExecutionId, participle: str) -> None:
    if change is None:
        raise not_found(execution_id)
    if not change.is_changed:
        pending = f" and has a pending {change.command}" if change.command else ""
        raise WrongStatus(
            f"execution {execution_id} is {change.status}{pending}: it cannot be {participle} now"
        )


def not_found(execution_id: ExecutionId) -> NotFound:
    return NotFound(f"there is no execution {execution_id}")
