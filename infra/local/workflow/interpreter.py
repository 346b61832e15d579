"""Runs the workflow: every run that has not ended is in memory, and moves there first.

What follows from a move (a function is called, an alarm is set, an answer is given) follows after its
commit. So a process that dies has promised nothing that is not stored; the next one goes on from what is.
"""

import asyncio
import logging
import random
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from infra.local.workers.failures import FunctionFailed
from infra.local.workflow import moves, refusals
from infra.local.workflow.beginning import begin
from infra.local.workflow.definition import Definition
from infra.local.workflow.description import Description
from infra.local.workflow.documents import JSON, decode, printable
from infra.local.workflow.journal import Journal
from infra.local.workflow.live_run import LiveRun
from infra.local.workflow.moves import Moment, Move
from infra.local.workflow.names import run_arn, run_of_token
from infra.local.workflow.standing import (
    Aborted,
    Calling,
    Failed,
    InTask,
    Interrupted,
    Resting,
    Run,
    Waiting,
    token_of,
)

logger = logging.getLogger(__name__)

# An alarm looks at the clock again after so long: a machine that slept has kept no timer.
LONGEST_ALARM_SECONDS = 30.0
# A standing that nobody waits for is written after so long.
LATER_SECONDS = 0.1

LOST = Failed(error="Lambda.Unknown", cause="The process that called the function has died.")


class Invoke(Protocol):
    """Calls a function; raises FunctionFailed."""

    def __call__(self, function: str, payload: object, /) -> Awaitable[object]: ...


@dataclass(frozen=True, slots=True)
class Machine:
    """The state machine, with what it needs from outside. `clock` tells milliseconds since 1970."""

    name: str
    definition: Definition
    invoke: Invoke
    clock: Callable[[], int]
    reported: frozenset[str]


@dataclass(frozen=True, slots=True)
class Returned:
    result: JSON


class Interpreter:
    def __init__(
        self,
        machine: Machine,
        journal: Journal,
        tasks: asyncio.TaskGroup,
        on_report: Callable[[Description], None],
    ) -> None:
        self.machine = machine
        self._journal = journal
        self._tasks = tasks
        self._on_report = on_report
        self._live: dict[str, LiveRun] = {}
        self._writing_later: asyncio.TimerHandle | None = None

    async def start(self, name: str, input_text: str) -> Description:
        """Raises Refused: another run has the name, or had it."""
        known = self._live.get(name)
        if known is None:
            return await self._begin(name, input_text)
        await self._journal.settle(name)
        if self._live.get(name) is not known or known.run.input_text != input_text:
            raise refusals.already_exists(run_arn(self.machine.name, name))
        return known.describe()

    async def answer(self, token: str, output: JSON) -> bool:
        """False: the run with this token is not among those that go on."""
        return await self._end_task(token, lambda run, at: moves.answered(run, at, output, self._moment()))

    async def fail(self, token: str, failure: Failed) -> bool:
        """False as `answer`."""
        return await self._end_task(token, lambda run, at: moves.failed(run, at, failure, self._moment()))

    async def find(self, name: str) -> Description | None:
        """A run that goes on, as it is stored."""
        await self._journal.settle(name)
        run = self._live.get(name)
        return run.describe() if run else None

    async def holds(self, token: str) -> bool:
        """False as `answer`; raises Refused when the token is over."""
        return await self._holder(token) is not None

    async def stop(self, name: str, reason: Aborted) -> Description | None:
        """None: no such run goes on."""
        await self._journal.settle(name)  # a new run may yet turn out to have a name that was used
        run = self._live.get(name)
        if run is None:
            return None
        if isinstance(run.standing, InTask):
            self._move(run, moves.aborted(run.run, run.standing, reason, self._moment()))
            await self._commit(run)
        await self._journal.settle(name)
        return run.describe()

    async def restore(self, runs: list[LiveRun]) -> None:
        """Go on with what an earlier process left."""
        self._live = {run.name: run for run in runs}
        for run in runs:
            if isinstance(run.standing, InTask) and isinstance(run.standing.phase, Interrupted):
                self._move(run, moves.failed(run.run, run.standing, LOST, self._moment()))
                self._journal.save_later(run)
        for run in runs:
            await self._journal.settle(run.name)
            self._act(run)

    async def _begin(self, name: str, input_text: str) -> Description:
        machine = self.machine
        run = Run(
            machine=machine.name,
            name=name,
            definition=machine.definition,
            input_text=input_text,
            input=decode(input_text),
            started_at_ms=machine.clock(),
        )
        begun = moves.begin(run, self._moment())
        live = self._live[name] = LiveRun(run=run, standing=begun.standing, is_new=True)
        self._move(live, begun)
        if name not in await self._journal.save(live):
            del self._live[name]
            raise refusals.already_exists(run_arn(machine.name, name))
        self._act(live)
        return live.describe()

    async def _end_task(self, token: str, move: Callable[[Run, InTask], Move]) -> bool:
        run = await self._holder(token)
        if run is None or not isinstance(run.standing, InTask):
            return False
        self._move(run, move(run.run, run.standing))
        await self._commit(run)
        return True

    async def _holder(self, token: str) -> LiveRun | None:
        name = run_of_token(token)
        if name is None:
            raise refusals.invalid_token()
        run = self._live.get(name)
        if run is None:
            return None
        if token_of(run.standing) != token:
            # What ended the task may still be lost with this process: it is refused once it is stored.
            await self._journal.settle(name)
            raise refusals.token_is_over()
        return run

    def _move(self, run: LiveRun, move: Move) -> None:
        run.move(move)
        if not isinstance(run.standing, InTask):
            run.stopped_at_ms = self.machine.clock()
            run.report_due = run.status in self.machine.reported

    async def _commit(self, run: LiveRun) -> None:
        await self._journal.save(run)
        self._act(run)

    def _act(self, run: LiveRun) -> None:
        """Begin what follows from the standing, once, and only if nothing newer waits to be stored."""
        if run.acted_on is run.standing or self._journal.is_pending(run.name):
            return
        run.acted_on = run.standing
        match run.standing:
            case InTask() as at:
                self._go_on(run, at)
            case _:
                self._live.pop(run.name, None)
                if run.report_due:
                    self._on_report(run.describe())

    def _go_on(self, run: LiveRun, at: InTask) -> None:
        match at.phase:
            case Calling(deadline_ms=deadline_ms) as calling:
                self._set_alarm(run, at, deadline_ms)
                begin(self._tasks, self._call(run, at, calling))
            case Waiting(deadline_ms=deadline_ms):
                self._set_alarm(run, at, deadline_ms)
            case Resting(until_ms=until_ms):
                self._set_alarm(run, at, until_ms)
            case Interrupted():
                raise TypeError(f"{run.name} was not restored")

    async def _call(self, run: LiveRun, at: InTask, calling: Calling) -> None:
        happened = await self._outcome(calling)
        if run.standing is not at:  # the task ended without waiting for its function
            return
        match happened:
            case Failed(error=error):
                told = {"run": run.name, "function": calling.function, "error": error}
                logger.warning("a task failed", extra=told)
                self._move(run, moves.failed(run.run, at, happened, self._moment()))
                await self._commit(run)
            case Returned(result=result) if calling.token is None:
                self._move(run, moves.answered(run.run, at, result, self._moment()))
                await self._commit(run)
            case Returned(result=result):
                self._move(run, moves.submitted(run.run, at, result, self._moment()))
                self._wait(run)

    async def _outcome(self, calling: Calling) -> Returned | Failed:
        try:
            payload: Any = await self.machine.invoke(calling.function, calling.payload)
        except FunctionFailed as error:
            return Failed(error=printable(error.error_type), cause=error.cause)
        return Returned({"ExecutedVersion": "$LATEST", "Payload": payload, "StatusCode": 200})

    def _wait(self, run: LiveRun) -> None:
        """Wait for the token. That the function has returned is worth a commit only if the wait lasts."""
        run.acted_on = run.standing
        if isinstance(run.standing, InTask):
            self._go_on(run, run.standing)
        self._journal.save_later(run)
        if self._writing_later is None:
            loop = asyncio.get_running_loop()
            self._writing_later = loop.call_later(LATER_SECONDS, self._write_what_waits)

    def _write_what_waits(self) -> None:
        self._writing_later = None
        self._journal.leave()

    def _set_alarm(self, run: LiveRun, at: InTask, at_ms: int | None) -> None:
        if at_ms is None:
            return
        seconds = max(0, at_ms - self.machine.clock()) / 1000
        loop = asyncio.get_running_loop()
        run.alarm = loop.call_later(min(seconds, LONGEST_ALARM_SECONDS), self._ring, run, at, at_ms)

    def _ring(self, run: LiveRun, at: InTask, at_ms: int) -> None:
        if run.standing is not at:
            return
        if self.machine.clock() < at_ms:
            self._set_alarm(run, at, at_ms)
            return
        after = moves.rested if isinstance(at.phase, Resting) else moves.timed_out
        self._move(run, after(run.run, at, self._moment()))
        begin(self._tasks, self._commit(run))

    def _moment(self) -> Moment:
        return Moment(now_ms=self.machine.clock(), random=random.random, secret=lambda: secrets.token_hex(8))
