"""How a stretch of a run ended."""

from dataclasses import dataclass
from enum import StrEnum

from chaingraph.ids import NodeId


class WaitsFor(StrEnum):
    """In the order in which they are told where bodies wait for different ones."""

    CHILDREN = "children"
    CALLBACK = "callback"
    TIME = "sleeping"


@dataclass(frozen=True, slots=True)
class Finished:
    """Every node that could run has ended."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Broken off: by the time limit, or by a node's failure where the options say so."""

    message: str
    node_id: NodeId | None = None


@dataclass(frozen=True, slots=True)
class Stopped:
    reason: str


@dataclass(frozen=True, slots=True)
class Paused:
    """Nothing runs any more, nothing new was started."""

    reason: str
    breakpoint: NodeId | None = None


@dataclass(frozen=True, slots=True)
class Asleep:
    """Everything that runs waits: for a time, or for somebody outside.

    `until_ms` (epoch milliseconds): when the first of them goes on by itself; None: none does.
    """

    until_ms: int | None
    reason: WaitsFor


@dataclass(frozen=True, slots=True)
class OutOfTime:
    """The slice has to end; another one goes on."""


@dataclass(frozen=True, slots=True)
class Superseded:
    """Somebody else holds the claim: nothing may be written any more."""


Outcome = Finished | Failed | Stopped | Paused | Asleep | OutOfTime | Superseded
Order = Failed | Stopped | Paused | OutOfTime | Superseded
"""What a run can be told to come to."""
