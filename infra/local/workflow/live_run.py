"""A run that has not ended, in memory, and what of it is not yet written."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from infra.local.workflow.description import Description
from infra.local.workflow.documents import encode
from infra.local.workflow.history import Event
from infra.local.workflow.moves import Move
from infra.local.workflow.standing import (
    Aborted,
    Failed,
    InTask,
    Run,
    Standing,
    Succeeded,
    to_text,
)
from infra.local.workflow.times import iso

STATUS = {Succeeded: "SUCCEEDED", Failed: "FAILED", Aborted: "ABORTED", InTask: "RUNNING"}


@dataclass(slots=True)
class LiveRun:
    """`acted_on` is the standing whose effects have begun; `alarm` rings at its deadline."""

    run: Run
    standing: Standing
    is_new: bool
    stopped_at_ms: int | None = None
    report_due: bool = False
    acted_on: Standing | None = None
    alarm: asyncio.TimerHandle | None = None
    unwritten: list[Event] = field(default_factory=list[Event])
    first_unwritten: int = 0

    @property
    def name(self) -> str:
        return self.run.name

    @property
    def status(self) -> str:
        return STATUS[type(self.standing)]

    def move(self, move: Move) -> None:
        if not self.unwritten:
            self.first_unwritten = move.first_event
        self.unwritten.extend(move.events)
        self.standing = move.standing
        self.silence()

    def describe(self) -> Description:
        run, row = self.run, self._end()
        return Description(
            name=self.name,
            definition=run.definition.digest,
            status=self.status,
            input=run.input_text,
            started_at_ms=run.started_at_ms,
            stopped_at_ms=self.stopped_at_ms,
            output=row.get("output"),
            error=row.get("error"),
            cause=row.get("cause"),
        )

    def silence(self) -> None:
        if self.alarm:
            self.alarm.cancel()
            self.alarm = None

    def take_change(self) -> Mapping[str, object]:
        """What is to be written, which then counts as written."""
        change = self._row() | self._begin() | self._events()
        self.is_new = False
        self.unwritten = []
        return change

    def _row(self) -> dict[str, object]:
        row: dict[str, object] = {"name": self.name, "is_new": self.is_new, "status": self.status}
        if isinstance(self.standing, InTask):
            return row | {"standing": to_text(self.standing), "report_due": False}
        return row | {"stopped_at": iso(self.stopped_at_ms or 0), "report_due": self.report_due} | self._end()

    def _end(self) -> dict[str, str | None]:
        match self.standing:
            case InTask():
                return {}
            case Succeeded(output=output):
                return {"output": encode(output)}
            case Failed(error=error, cause=cause) | Aborted(error=error, cause=cause):
                return {"error": error, "cause": cause}

    def _begin(self) -> dict[str, object]:
        if not self.is_new:
            return {}
        run = self.run
        return {
            "definition": run.definition.digest,
            "input": run.input_text,
            "started_at": iso(run.started_at_ms),
        }

    def _events(self) -> dict[str, object]:
        if not self.unwritten:
            return {}
        return {"first_event": self.first_unwritten, "events": encode(self.unwritten)}
