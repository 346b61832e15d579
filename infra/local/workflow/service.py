"""The workflow service as one coroutine: everything it starts ends with it."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from infra.local.workers import Functions, FunctionSettings
from infra.local.workflow.archive import Archive, OpenRun
from infra.local.workflow.beginning import begin
from infra.local.workflow.definition import Definition
from infra.local.workflow.description import Description
from infra.local.workflow.documents import decode
from infra.local.workflow.endpoint import listening
from infra.local.workflow.interpreter import Interpreter, Invoke, Machine
from infra.local.workflow.journal import Journal
from infra.local.workflow.live_run import LiveRun
from infra.local.workflow.loading import read_definition
from infra.local.workflow.migrations import migrate
from infra.local.workflow.operations import Operations
from infra.local.workflow.reports import Deliveries, Reports, once_at_once
from infra.local.workflow.standing import Run, from_text

DEFINITION = Path(__file__).parents[2] / "workflow.asl.json"
FUNCTIONS = {name: name for name in ("await_signal", "run_flow", "record_failure")}
# As the rule on AWS: a run that succeeded has said itself that it is done.
REPORTED = frozenset({"FAILED", "ABORTED"})
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowSettings:
    """`database_url` names a database that nothing else uses; port 0 is any free one.

    A run is `kept` for so long after its end: as on AWS, its name is free after that.
    """

    database_url: str
    sweep_interval: timedelta
    host: str = "127.0.0.1"
    port: int = 0
    machine: str = "chaingraph"
    definition: Path = DEFINITION
    reported: frozenset[str] = REPORTED
    deliveries: Deliveries = once_at_once
    kept: timedelta = timedelta(days=90)


async def run_workflow(
    settings: WorkflowSettings, functions: Iterable[FunctionSettings], ready: Callable[[str], None]
) -> None:
    """The service together with the worker processes of the functions it calls."""
    async with Functions(functions) as pool:
        await serve(settings, pool.invoke, ready)


async def serve(settings: WorkflowSettings, invoke: Invoke, ready: Callable[[str], None]) -> None:
    """Serve until cancelled; `ready` learns the endpoint's URL when everything left behind goes on."""
    definition = read_definition(settings.definition.read_text(), FUNCTIONS)
    await migrate(settings.database_url)
    journal, archive = Journal(settings.database_url), Archive(settings.database_url)
    async with aclosing(journal), aclosing(archive), asyncio.TaskGroup() as tasks:
        await journal.take_over()
        await archive.forget_runs(ended_before_ms=_now_ms() - settings.kept // MILLISECOND)
        await archive.keep_definition(definition.digest, definition.text)
        tasks.create_task(journal.write_forever())
        machine = Machine(settings.machine, definition, invoke, _now_ms, settings.reported)
        reports = Reports(settings.machine, invoke, _now_ms, settings.deliveries, archive.mark_reported)

        def on_report(run: Description) -> None:
            begin(tasks, reports.deliver(run))

        interpreter = Interpreter(machine, journal, tasks, on_report)
        await interpreter.restore(await _left_behind(archive, settings.machine))
        for run in await archive.unreported():
            on_report(run)
        operations = Operations(interpreter, archive).by_name()
        async with listening(operations, tasks, host=settings.host, port=settings.port) as url:
            ready(url)
            await reports.tick_forever(settings.sweep_interval)


async def _left_behind(archive: Archive, machine: str) -> list[LiveRun]:
    texts = await archive.definitions()
    definitions = {digest: read_definition(text, {}) for digest, text in texts.items()}
    return [_live_run(run, machine, definitions) for run in await archive.open_runs()]


def _live_run(stored: OpenRun, machine: str, definitions: Mapping[str, Definition]) -> LiveRun:
    described = stored.description
    run = Run(
        machine=machine,
        name=described.name,
        definition=definitions[described.definition],
        input_text=described.input,
        input=decode(described.input),
        started_at_ms=described.started_at_ms,
    )
    return LiveRun(run=run, standing=from_text(stored.standing), is_new=False)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
