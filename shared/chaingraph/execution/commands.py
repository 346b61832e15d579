"""Commands: what a client asked of an execution, kept on its row until its slice takes it."""

from dataclasses import dataclass
from enum import StrEnum

from chaingraph.ids import UserId


class CommandKind(StrEnum):
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    STEP = "step"
    """Run the nodes that are ready now, then pause again."""
    STEP_OVER = "stepOver"
    """Run one node, then pause again."""


STEPS = frozenset({CommandKind.STEP, CommandKind.STEP_OVER})
HOLDING = frozenset({CommandKind.STOP, CommandKind.PAUSE})


class Reach(StrEnum):
    """Whom a stop, a pause or a resume is for."""

    ALONE = "alone"
    TREE = "tree"
    """The descendants, too, those included that begin later."""


@dataclass(frozen=True, slots=True)
class Command:
    kind: CommandKind
    by: UserId
    reason: str
    reach: Reach = Reach.ALONE


DEFAULT_STOP_REASON = "User requested stop"
DEFAULT_PAUSE_REASON = "User requested pause"
