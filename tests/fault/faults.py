"""Faults, and when they strike: at the n-th call that a function makes of something outside."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """`…_BEFORE`: the call was never made. `…_AFTER`: it had its effect, and nobody learned of it.

    `RUN_ENDED…`: the workflow run was ended by somebody, and its function crashed. `STOP` and `PAUSE` are no
    faults: a client sends the command at that moment. `CUT…`: the connection to the database broke.
    `HINT…`: what became of a wake-up.
    """

    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    REFUSED = "refused"
    REPLY_LOST = "reply lost"
    REPEATED = "repeated"
    STOPPED = "stopped and continued"
    LATE = "reply late"
    OUTAGE = "database away"
    WORKFLOW_KILLED = "workflow killed"
    RUN_ENDED_BEFORE = "run ended before"
    RUN_ENDED_AFTER = "run ended after"
    SECOND_RUN = "second run"
    SIGNALED = "signaled for nothing"
    STOP = "stop"
    PAUSE = "pause"
    RELAY_KILLED = "relay killed"
    ROW_LOCKED = "row locked"
    TIMED_OUT = "statement timed out"
    CUT_BEFORE = "connection cut before"
    CUT_AFTER = "connection cut after"
    HINT_LOST = "hint lost"
    HINT_REPEATED = "hint repeated"
    HINT_LATE = "hint late"
    SERVER_RESTARTED = "server restarted"


@dataclass(frozen=True, slots=True)
class Fault:
    call: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Injected:
    """A fault that struck; `name` is the call's."""

    kind: Kind
    name: str


@dataclass(slots=True)
class Schedule:
    """Counts calls; only those whose name is in `calls` (all, if it is empty)."""

    faults: Iterable[Fault] = ()
    calls: frozenset[str] = frozenset()
    count: int = 0
    injected: list[Injected] = field(default_factory=list[Injected])

    def next(self, name: str) -> Kind | None:
        """What happens to this call."""
        if self.calls and name not in self.calls:
            return None
        self.count += 1
        kind = next((fault.kind for fault in self.faults if fault.call == self.count), None)
        if kind is not None:
            self.injected.append(Injected(kind, name))
        return kind


def one(call: int, kind: Kind, *calls: str) -> Schedule:
    return Schedule((Fault(call, kind),), frozenset(calls))


# A look at the clock: the engine takes one at each event that it decides on. Counted where it is asked for.
DECISION = "decision"

COMMANDS = (Kind.STOP, Kind.PAUSE)
CRASHES = (Kind.CRASH_BEFORE, Kind.CRASH_AFTER)
LOCKS = (Kind.ROW_LOCKED, Kind.TIMED_OUT)
CUTS = (Kind.CUT_BEFORE, Kind.CUT_AFTER)
HINTS = (Kind.HINT_LOST, Kind.HINT_REPEATED, Kind.HINT_LATE)
OF_A_SERVER = (*LOCKS, *CUTS, *HINTS, Kind.SERVER_RESTARTED)
FAULTS = tuple(kind for kind in Kind if kind not in (*COMMANDS, *OF_A_SERVER))
