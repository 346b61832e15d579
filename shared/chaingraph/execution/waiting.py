"""Why an execution is not progressing: a closed list of reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chaingraph.execution.execution import Execution
from chaingraph.execution.status import Status
from chaingraph.ids import NodeId, UserId

SILENT: Final = "the last try died without a word"


@dataclass(frozen=True, slots=True)
class ForStart:
    """`until_ms`: without a start it fails then; a child needs none, it starts with its first slice."""

    until_ms: int | None


@dataclass(frozen=True, slots=True)
class ForSlot:
    """`place` in the line, from 1; None where it is not known, or it is being called."""

    place: int | None


@dataclass(frozen=True, slots=True)
class ForChildren:
    """`count`: those that have not ended."""

    count: int


@dataclass(frozen=True, slots=True)
class Paused:
    by: UserId | None
    reason: str


@dataclass(frozen=True, slots=True)
class AtBreakpoint:
    """`node_id`: the node that would run next."""

    node_id: NodeId


@dataclass(frozen=True, slots=True)
class ForCallback:
    until_ms: int | None


@dataclass(frozen=True, slots=True)
class Sleeping:
    until_ms: int | None


@dataclass(frozen=True, slots=True)
class Retrying:
    """`error`: why the last slice died, or that nobody knows."""

    error: str


WaitingReason = ForStart | ForSlot | ForChildren | Paused | AtBreakpoint | ForCallback | Sleeping | Retrying


def while_claimed(stored: Mapping[str, object] | None) -> Mapping[str, object] | None:
    """Who works on it waits for nothing. That the last try died is told until a node has come to an end."""
    return stored if stored is not None and stored.get("kind") == "retrying" else None


def waiting_reason(execution: Execution) -> WaitingReason | None:
    """What its row says; None: it is progressing, or has ended."""
    if execution.waiting is not None:
        return _stored(execution.waiting)
    return ForStart(None) if execution.status is Status.CREATED else None


def _stored(waiting: Mapping[str, object]) -> WaitingReason | None:
    until, detail = waiting.get("untilMs"), str(waiting.get("detail") or "")
    match waiting.get("kind"):
        case "slot":
            return ForSlot(None)
        case "children":
            return ForChildren(int(detail or 0))
        case "paused":
            by = waiting.get("by")
            return Paused(None if by is None else UserId(str(by)), detail)
        case "breakpoint":
            return AtBreakpoint(NodeId(detail))
        case "retrying":
            return Retrying(detail)
        case kind:
            return _until(kind, until if isinstance(until, int) else None)


def _until(kind: object, until_ms: int | None) -> WaitingReason | None:
    match kind:
        case "start":
            return ForStart(until_ms)
        case "callback":
            return ForCallback(until_ms)
        case "sleeping":
            return Sleeping(until_ms)
        case _:
            return None
