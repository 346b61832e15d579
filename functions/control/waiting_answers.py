"""What a client is told of why an execution is not progressing: a closed list, told apart by `kind`."""

from datetime import UTC, datetime
from typing import Literal

from typing_extensions import TypedDict

from chaingraph.execution.waiting import (
    AtBreakpoint,
    ForCallback,
    ForChildren,
    ForSlot,
    ForStart,
    Paused,
    Retrying,
    Sleeping,
    WaitingReason,
)


class StartAnswer(TypedDict):
    """Not started yet; without a start it fails at that time. A child starts by itself."""

    kind: Literal["start"]
    until: datetime | None


class SlotAnswer(TypedDict):
    """In line for a slot; `place` counts from 1, null in listings."""

    kind: Literal["slot"]
    place: int | None


class ChildrenAnswer(TypedDict):
    """`count`: children that have not ended."""

    kind: Literal["children"]
    count: int


class PausedAnswer(TypedDict):
    kind: Literal["paused"]
    by: str | None
    reason: str


class BreakpointAnswer(TypedDict):
    kind: Literal["breakpoint"]
    nodeId: str


class TimedAnswer(TypedDict):
    """Until that time, if it has one."""

    kind: Literal["sleeping", "callback"]
    until: datetime | None


class RetryingAnswer(TypedDict):
    """The last try died with this error; another one follows."""

    kind: Literal["retrying"]
    error: str


WaitingAnswer = (
    StartAnswer | SlotAnswer | ChildrenAnswer | PausedAnswer | BreakpointAnswer | TimedAnswer | RetryingAnswer
)


def waiting_answer(reason: WaitingReason | None) -> WaitingAnswer | None:
    match reason:
        case None:
            return None
        case ForStart() | Sleeping() | ForCallback():
            return _timed(reason)
        case ForSlot(place=place):
            return {"kind": "slot", "place": place}
        case ForChildren(count=count):
            return {"kind": "children", "count": count}
        case Paused(by=by, reason=why):
            return {"kind": "paused", "by": by, "reason": why}
        case AtBreakpoint(node_id=node_id):
            return {"kind": "breakpoint", "nodeId": node_id}
        case Retrying(error=error):
            return {"kind": "retrying", "error": error}


def _timed(reason: ForStart | Sleeping | ForCallback) -> WaitingAnswer:
    until = None if reason.until_ms is None else datetime.fromtimestamp(reason.until_ms / 1000, UTC)
    match reason:
        case ForStart():
            return {"kind": "start", "until": until}
        case Sleeping():
            return {"kind": "sleeping", "until": until}
        case ForCallback():
            return {"kind": "callback", "until": until}
