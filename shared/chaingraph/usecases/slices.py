"""What slices have in common: what they need from outside, their settings, and the verdict each ends with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from chaingraph.engine.identity import TreeLimits
from chaingraph.execution.callbacks import CallbackUrls
from chaingraph.execution.slots import SlotLimits
from chaingraph.graph.facilities import NO_FACILITIES, Facilities
from chaingraph.interfaces import EventLog, Executions, Mailbox, Queue, Runs, Workflows
from chaingraph.usecases.slice_writer import WriterSettings

# The longest wait of the workflow; a wait that is not over by then is asked for again.
LONGEST_WAIT_SECONDS: Final = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the workflow does next. `wait_seconds` only with `wait`: whole seconds, 1 second to 30 days."""

    next: Literal["wait", "run", "done"]
    wait_seconds: int = 1


RUN: Final = Verdict("run")
DONE: Final = Verdict("done")
WAIT: Final = Verdict("wait", LONGEST_WAIT_SECONDS)


@dataclass(frozen=True, slots=True)
class Outside:
    """What a slice needs from outside."""

    runs: Runs
    executions: Executions
    event_log: EventLog
    mailbox: Mailbox
    queue: Queue
    workflows: Workflows
    clock: Callable[[], int]
    facilities: Facilities = NO_FACILITIES
    """What bodies of nodes may use."""
    callback_urls: CallbackUrls | None = None
    """None: nobody can call back."""


@dataclass(frozen=True, slots=True)
class SliceSettings:
    writer: WriterSettings
    tree: TreeLimits
    start_timeout_ms: int
    awake_ms: int
    """A run whose nodes all sleep for longer than this leaves the machine."""
    slice_ms: int
    """How long a slice may take before another one goes on."""
    slots: SlotLimits | None = None
    """How many may run at once; None: as many as like."""
    max_turns: int = 1000
    """After so many slices an execution goes on in a new workflow run."""


def whole_seconds(milliseconds: int) -> int:
    """Rounded up, 1 second to 30 days."""
    return max(1, min(LONGEST_WAIT_SECONDS, -(-milliseconds // 1000)))
