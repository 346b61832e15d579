"""The history of a run: stored as short lists, told as GetExecutionHistory tells it.

An event is `[kind, milliseconds, detail]`. A document is stored when it first appears; an event that passes
the same document on leaves it out, and the teller puts it back.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

from infra.local.workflow.documents import JSON, encode
from infra.local.workflow.names import REGION, ROLE

LIMIT = 25_000


class Kind(IntEnum):
    """Numbers are stored: never change one."""

    EXECUTION_STARTED = 1
    CHOICE_STATE_ENTERED = 2
    CHOICE_STATE_EXITED = 3
    TASK_STATE_ENTERED = 4
    TASK_STATE_EXITED = 5
    SUCCEED_STATE_ENTERED = 6
    SUCCEED_STATE_EXITED = 7
    TASK_SCHEDULED = 8
    TASK_STARTED = 9
    TASK_SUBMITTED = 10
    TASK_SUCCEEDED = 11
    TASK_FAILED = 12
    TASK_TIMED_OUT = 13
    EXECUTION_SUCCEEDED = 14
    EXECUTION_FAILED = 15
    EXECUTION_ABORTED = 16
    EVALUATION_FAILED = 17


TYPES = {kind: "".join(word.capitalize() for word in kind.name.split("_")) for kind in Kind}

Event: TypeAlias = tuple[Kind, int, list[JSON]]
Told: TypeAlias = dict[str, JSON]

TRUNCATED: Told = {"truncated": False}


@dataclass(slots=True)
class Teller:
    """Tells stored events in full, from the first on; `document` is the run's input at first."""

    document: JSON
    state: str = ""
    resource: str = ""

    def tell(self, events: Iterable[tuple[int, int, list[JSON]]]) -> Iterator[Told]:
        for index, (kind, at_ms, detail) in enumerate(events):
            told: Told = {
                "timestamp": at_ms / 1000,
                "type": TYPES[Kind(kind)],
                "id": index + 1,
                "previousEventId": index,
            }
            told.update(self._details(Kind(kind), detail))
            yield told

    def _details(self, kind: Kind, detail: list[JSON]) -> Told:
        match kind:
            case Kind.EXECUTION_STARTED:
                return {"executionStartedEventDetails": self._passed("input", detail) | {"roleArn": ROLE}}
            case Kind.CHOICE_STATE_ENTERED | Kind.TASK_STATE_ENTERED | Kind.SUCCEED_STATE_ENTERED:
                self.state = str(detail[0])
                return {"stateEnteredEventDetails": self._named("input", detail)}
            case Kind.CHOICE_STATE_EXITED | Kind.TASK_STATE_EXITED | Kind.SUCCEED_STATE_EXITED:
                return {"stateExitedEventDetails": self._named("output", detail)}
            case Kind.EXECUTION_SUCCEEDED:
                return {"executionSucceededEventDetails": self._passed("output", detail)}
            case Kind.EXECUTION_FAILED:
                return {"executionFailedEventDetails": _error(detail)}
            case Kind.EXECUTION_ABORTED:
                return {"executionAbortedEventDetails": _error(detail)}
            case Kind.EVALUATION_FAILED:
                return {"evaluationFailedEventDetails": _error(detail) | {"state": self.state}}
            case _:
                return self._task(kind, detail)

    def _passed(self, name: str, detail: list[JSON]) -> Told:
        if detail:
            self.document = detail[0]
        return {name: encode(self.document), f"{name}Details": TRUNCATED}

    def _named(self, name: str, detail: list[JSON]) -> Told:
        return {"name": detail[0]} | self._passed(name, detail[1:])

    def _task(self, kind: Kind, detail: list[JSON]) -> Told:
        told: Told = {}
        match kind:
            case Kind.TASK_SCHEDULED:
                parameters, timeout, self.resource = detail[0], detail[1], str(detail[2])
                told = {"region": REGION, "parameters": encode(parameters)}
                told |= {} if timeout is None else {"timeoutInSeconds": timeout}
            case Kind.TASK_SUBMITTED | Kind.TASK_SUCCEEDED:
                told = {"output": encode(detail[0]), "outputDetails": TRUNCATED}
            case Kind.TASK_FAILED | Kind.TASK_TIMED_OUT:
                told = _error(detail)
            case _:
                pass
        name = TYPES[kind]
        details = {"resourceType": "lambda", "resource": self.resource} | told
        return {f"{name[0].lower()}{name[1:]}EventDetails": details}


def _error(detail: list[JSON]) -> Told:
    return {name: text for name, text in zip(("error", "cause"), detail, strict=True) if text is not None}
