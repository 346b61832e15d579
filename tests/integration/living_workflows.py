"""Workflows that live in this process: tasks take the turns of every execution, over a real database."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from chaingraph.execution.commits import Claim, Commit, CommitReply
from chaingraph.execution.slots import InLine, SlotLimits
from chaingraph.ids import ExecutionId, TaskToken, WorkerId, WorkflowRun, workflow_name
from chaingraph.interfaces import Completion
from chaingraph.usecases.await_signal import Wait, await_signal
from chaingraph.usecases.runs_over import RunsOver
from chaingraph.usecases.take_turn import Turn, TurnReport, Worker, take_turn
from tests.integration.executions import System


@dataclass
class Census(RunsOver):
    """The `Runs` of a system: who runs now, how many ran at once, and the order in which they came to run."""

    running: set[ExecutionId] = field(default_factory=set[ExecutionId])
    most: int = 0
    order: list[ExecutionId] = field(default_factory=list[ExecutionId])

    def answered(self, answer: Claim | InLine | None) -> None:
        if isinstance(answer, Claim) and answer.has_slot:
            self.running.add(answer.execution_id)
            self.most = max(self.most, len(self.running))
            self.order.append(answer.execution_id)

    async def commit(self, claim: Claim, commit: Commit, *, lease_ms: int) -> CommitReply:
        if commit.end is not None:  # it has ended before the database answers
            self.running.discard(claim.execution_id)
        return await super().commit(claim, commit, lease_ms=lease_ms)


class LivingWorkflows:
    """Implements `Workflows` for the executions of a system."""

    def __init__(self, executions: System, slots: SlotLimits, *, max_turns: int = 1000) -> None:
        self.census = Census(executions.outside.runs)
        self.reports: list[TurnReport] = []
        self._outside = replace(executions.outside, runs=self.census, workflows=self)
        self._settings = replace(executions.settings, slots=slots, max_turns=max_turns)
        self._worker = Worker(WorkerId("worker"), executions.plans, self.reports.append)
        self._waiting: dict[TaskToken, asyncio.Future[str]] = {}
        self._kept: set[TaskToken] = set()
        self._lives: dict[str, asyncio.Task[None]] = {}

    async def start(self, execution_id: ExecutionId, run: WorkflowRun, wait_seconds: int) -> None:
        name = workflow_name(execution_id, run)
        if name not in self._lives:
            first = "wait" if wait_seconds else "run"
            self._lives[name] = asyncio.create_task(self._live(execution_id, run, first))

    async def complete(self, token: TaskToken, output: Mapping[str, object]) -> Completion:
        waiting = self._waiting.pop(token, None)
        if waiting is None or waiting.done():  # done: its workflow run was killed
            return Completion.GONE
        waiting.set_result(str(output["next"]))
        return Completion.DELIVERED

    async def stop(self, execution_id: ExecutionId, run: WorkflowRun, cause: str) -> None:
        del cause
        self._lives[workflow_name(execution_id, run)].cancel()

    def kill(self, execution_id: ExecutionId, run: WorkflowRun) -> None:
        """Whatever this workflow run does is broken off, and it does nothing any more."""
        life = self._lives.get(workflow_name(execution_id, run))
        if life is not None:
            life.cancel()

    def failures(self) -> list[BaseException]:
        """What turns have raised."""
        ended = [life for life in self._lives.values() if life.done() and not life.cancelled()]
        return [failure for life in ended if (failure := life.exception()) is not None]

    async def all_ended(self) -> None:
        """Wait until every workflow run has ended, those too that were started meanwhile."""
        while left := [life for life in self._lives.values() if not life.done()]:
            await asyncio.gather(*left)

    async def waits(self, execution_id: ExecutionId, run: int = 1) -> None:
        """Return when a task of it waits, with its token kept."""
        while not self._kept & self._tokens(execution_id, run):  # noqa: ASYNC110 - tests wait for what others do
            await asyncio.sleep(0.002)

    def open_runs(self) -> set[int]:
        """The numbers of the workflow runs that have not ended."""
        return {int(name.rpartition("-")[2]) for name, life in self._lives.items() if not life.done()}

    async def close(self) -> None:
        for life in self._lives.values():
            life.cancel()
            with suppress(asyncio.CancelledError):
                await life

    async def _live(self, execution_id: ExecutionId, run: WorkflowRun, following: str) -> None:
        number = 0
        while following != "done":
            if following == "wait":
                following = await self._wait(execution_id, run)
            if following == "run":
                turn = Turn(execution_id, run, number)
                following = (
                    await take_turn(turn, outside=self._outside, settings=self._settings, worker=self._worker)
                ).next
                number += 1

    async def _wait(self, execution_id: ExecutionId, run: WorkflowRun) -> str:
        token = TaskToken(f"{workflow_name(execution_id, run)}-{len(self.reports)}")
        waiting = self._waiting[token] = asyncio.get_running_loop().create_future()
        await await_signal(
            Wait(execution_id, run, token),
            mailbox=self._outside.mailbox,
            executions=self._outside.executions,
            workflows=self,
        )
        self._kept.add(token)
        return await waiting

    def _tokens(self, execution_id: ExecutionId, run: int) -> set[TaskToken]:
        name = workflow_name(execution_id, WorkflowRun(run))
        return {token for token in self._waiting if token.startswith(f"{name}-")}
