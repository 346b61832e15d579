"""The workflow service without a database and without sockets: the real definition and interpreter.

What a killed one had stored is there for the next.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from chaingraph.aws.workflows import workflow_input
from chaingraph.errors import Unavailable
from chaingraph.ids import ExecutionId, TaskToken, WorkflowRun, workflow_name
from chaingraph.interfaces import Completion
from infra.local.workflow.definition import Definition
from infra.local.workflow.description import Description
from infra.local.workflow.documents import decode
from infra.local.workflow.interpreter import Interpreter, Invoke, Machine
from infra.local.workflow.journal import Changed, Journal
from infra.local.workflow.live_run import LiveRun
from infra.local.workflow.loading import read_definition
from infra.local.workflow.refusals import Refused
from infra.local.workflow.reports import Deliveries, Reports
from infra.local.workflow.service import DEFINITION, FUNCTIONS, REPORTED
from infra.local.workflow.standing import Aborted, Run, from_text

MACHINE = "chaingraph"

Row = dict[str, Any]
T = TypeVar("T")


class MemoryJournal(Journal):
    """`rows`: what is stored, by the name of the run."""

    def __init__(self, rows: dict[str, Row]) -> None:
        super().__init__("")
        self._rows = rows
        self._live: dict[str, LiveRun] = {}

    async def take_over(self) -> None:
        pass

    async def save(self, run: Changed) -> frozenset[str]:
        if isinstance(run, LiveRun):
            self._live[run.name] = run
        return await super().save(run)

    def silence(self) -> None:
        """Whoever wrote here is dead: no alarm of his rings any more."""
        for run in self._live.values():
            run.silence()

    async def _persist(self, changes: str) -> frozenset[str]:
        begun: set[str] = set()
        for change in json.loads(changes):
            if change["is_new"] and change["name"] not in self._rows:
                begun.add(change["name"])
            if not change["is_new"] or change["name"] in begun:
                self._rows.setdefault(change["name"], {}).update(change)
        return frozenset(begun)


class WorkflowInMemory:
    """Implements `Workflows`. `serve` runs it until it is cancelled, which is how it is killed."""

    def __init__(
        self,
        invoke: Invoke,
        clock: Callable[[], int],
        deliveries: Deliveries,
        definition: Path = DEFINITION,
    ) -> None:
        self.rows: dict[str, Row] = {}
        self._invoke = invoke
        self._clock = clock
        self._deliveries = deliveries
        self._definition = _compiled(definition.read_text())
        self._interpreter: Interpreter | None = None
        self._requests: set[asyncio.Task[Any]] = set()

    async def serve(self, *, sweep_seconds: float) -> None:
        journal = MemoryJournal(self.rows)
        machine = Machine(MACHINE, self._definition, self._invoke, self._clock, REPORTED)
        reports = Reports(MACHINE, self._invoke, self._clock, self._deliveries, self._forget)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(journal.write_forever())
                interpreter = Interpreter(
                    machine, journal, tasks, lambda run: self._report(tasks, reports, run)
                )
                self._interpreter = interpreter
                await interpreter.restore(self._left_behind())
                for run in self._unreported():
                    self._report(tasks, reports, run)
                await reports.tick_forever(timedelta(seconds=sweep_seconds))
        finally:
            self._interpreter = None
            journal.silence()
            for request in self._requests:
                request.cancel()

    # ------------------------------------------------------------ Workflows

    async def start(self, execution_id: ExecutionId, run: WorkflowRun, wait_seconds: int) -> None:
        name, given = workflow_name(execution_id, run), workflow_input(execution_id, run, wait_seconds)
        with suppress(Refused):  # it exists already
            await self._answered(lambda interpreter: interpreter.start(name, given))

    async def complete(self, token: TaskToken, output: Mapping[str, object]) -> Completion:
        document = decode(json.dumps(dict(output)))
        try:
            is_done = await self._answered(lambda interpreter: interpreter.answer(token, document))
        except Refused:
            return Completion.GONE
        return Completion.DELIVERED if is_done else Completion.GONE

    async def stop(self, execution_id: ExecutionId, run: WorkflowRun, cause: str) -> None:
        name, reason = workflow_name(execution_id, run), Aborted(error=None, cause=cause)
        await self._answered(lambda interpreter: interpreter.stop(name, reason))

    async def _answered(self, ask: Callable[[Interpreter], Coroutine[Any, Any, T]]) -> T:
        """What was asked is carried out also when the caller is gone, but not when the service is."""
        if self._interpreter is None:
            raise Unavailable("the workflow service does not answer")
        request = asyncio.create_task(ask(self._interpreter))
        self._requests.add(request)
        request.add_done_callback(self._requests.discard)
        await asyncio.wait([request])
        if request.cancelled():
            raise Unavailable("the workflow service has died")
        return request.result()

    def open_runs(self) -> list[str]:
        return [name for name, row in self.rows.items() if row["status"] == "RUNNING"]

    # ------------------------------------------------------------ between two lives

    def _left_behind(self) -> list[LiveRun]:
        return [self._live_run(self.rows[name]) for name in self.open_runs()]

    def _live_run(self, row: Row) -> LiveRun:
        run = Run(
            machine=MACHINE,
            name=row["name"],
            definition=self._definition,
            input_text=row["input"],
            input=decode(row["input"]),
            started_at_ms=_milliseconds(row["started_at"]),
        )
        return LiveRun(run=run, standing=from_text(row["standing"]), is_new=False)

    def _unreported(self) -> list[Description]:
        return [self._ended(row) for row in self.rows.values() if row["report_due"]]

    def _ended(self, row: Row) -> Description:
        return Description(
            name=row["name"],
            definition=self._definition.digest,
            status=row["status"],
            input=row["input"],
            started_at_ms=_milliseconds(row["started_at"]),
            stopped_at_ms=_milliseconds(row["stopped_at"]),
            output=row.get("output"),
            error=row.get("error"),
            cause=row.get("cause"),
        )

    def _report(self, tasks: asyncio.TaskGroup, reports: Reports, run: Description) -> None:
        tasks.create_task(reports.deliver(run))

    async def _forget(self, name: str) -> None:
        self.rows[name]["report_due"] = False


@cache
def _compiled(text: str) -> Definition:
    return read_definition(text, FUNCTIONS)


def _milliseconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)
