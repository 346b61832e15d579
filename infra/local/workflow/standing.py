"""Where a run stands, between two moves."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from infra.local.workflow.definition import Definition
from infra.local.workflow.documents import JSON, decode, encode


@dataclass(frozen=True, slots=True)
class Run:
    """What never changes about a run. `input_text` is its input to the byte."""

    machine: str
    name: str
    definition: Definition
    input_text: str
    input: JSON
    started_at_ms: int


@dataclass(frozen=True, slots=True)
class Calling:
    """The function is at work, or has to be called."""

    function: str
    payload: JSON
    token: str | None
    deadline_ms: int | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The function has returned; its token is out."""

    token: str
    deadline_ms: int | None


@dataclass(frozen=True, slots=True)
class Resting:
    """A failed attempt is repeated later."""

    until_ms: int


@dataclass(frozen=True, slots=True)
class Interrupted:
    """Whoever called the function has died: the attempt has failed."""


Phase: TypeAlias = Calling | Waiting | Resting | Interrupted


@dataclass(frozen=True, slots=True)
class InTask:
    """`failures`: what each retrier of the state has forgiven so far; `events`: the id of the last event."""

    state: str
    input: JSON
    entered_at_ms: int
    failures: tuple[int, ...]
    phase: Phase
    events: int


@dataclass(frozen=True, slots=True)
class Succeeded:
    output: JSON


@dataclass(frozen=True, slots=True)
class Failed:
    error: str
    cause: str


@dataclass(frozen=True, slots=True)
class Aborted:
    error: str | None
    cause: str | None


Ended: TypeAlias = Succeeded | Failed | Aborted
Standing: TypeAlias = InTask | Ended


def token_of(standing: Standing) -> str | None:
    """The token that may still be answered."""
    match standing:
        case InTask(phase=Calling(token=token)) | InTask(phase=Waiting(token=token)):
            return token
        case InTask() | Succeeded() | Failed() | Aborted():
            return None


def to_text(at: InTask) -> str:
    match at.phase:
        case Calling() | Interrupted():
            phase: list[JSON] = []
        case Waiting(token=token, deadline_ms=deadline_ms):
            phase = [token, deadline_ms]
        case Resting(until_ms=until_ms):
            phase = [until_ms]
    return encode([at.state, at.input, at.entered_at_ms, at.failures, at.events, phase])


def from_text(text: str) -> InTask:
    stored: Any = decode(text)
    state, document, entered_at_ms, failures, events, phase = stored
    return InTask(
        state=state,
        input=document,
        entered_at_ms=entered_at_ms,
        failures=tuple(failures),
        phase=_phase(phase),
        events=events,
    )


def _phase(stored: list[Any]) -> Phase:
    match stored:
        case [token, deadline_ms]:
            return Waiting(token=token, deadline_ms=deadline_ms)
        case [until_ms]:
            return Resting(until_ms=until_ms)
        case _:
            return Interrupted()
