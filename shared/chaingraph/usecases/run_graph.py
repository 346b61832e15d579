"""Run what is left of an execution's graph, then end the slice."""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from typing import Final

import orjson

from chaingraph.engine.driver import Driver
from chaingraph.engine.identity import RunIdentity
from chaingraph.engine.outcomes import (
    Asleep,
    Failed,
    Finished,
    Outcome,
    OutOfTime,
    Paused,
    Stopped,
    Superseded,
)
from chaingraph.engine.plan import Plan
from chaingraph.engine.recorder import Child, Record, Recorder
from chaingraph.engine.returning import returned
from chaingraph.engine.run import Run
from chaingraph.errors import Conflict
from chaingraph.execution.commands import Command, CommandKind
from chaingraph.execution.commits import Checkpoint, Claim, CommitReply, NewChild, SliceEnd, Waiting
from chaingraph.execution.events import EventType
from chaingraph.execution.execution import Execution
from chaingraph.execution.options import OnNodeFailure
from chaingraph.execution.status import Status
from chaingraph.ids import EventIndex, ExecutionId, WorkflowRun
from chaingraph.usecases.children import Family, called_child, family_of, new_child, report_ends
from chaingraph.usecases.create_execution import FIRST_RUN
from chaingraph.usecases.news import Correspondence, News
from chaingraph.usecases.parents import wake_parent
from chaingraph.usecases.slice_writer import SliceWriter
from chaingraph.usecases.slices import DONE, RUN, WAIT, Outside, SliceSettings, Verdict, whole_seconds
from chaingraph.usecases.start_workflow import AT_ONCE, start_workflow

NO_INPUTS: Final[Mapping[str, object]] = {}


async def run_graph(
    claim: Claim, checkpoint: Checkpoint, plan: Plan, *, outside: Outside, settings: SliceSettings
) -> Verdict | None:
    """None: a signal came before the end could be written; look at the row again.

    Raises Conflict when somebody else has claimed the execution, Unavailable when the database does not
    answer.
    """
    return await _GraphSlice(claim, checkpoint, plan, outside, settings).verdict()


class _GraphSlice:
    def __init__(
        self, claim: Claim, checkpoint: Checkpoint, plan: Plan, outside: Outside, settings: SliceSettings
    ) -> None:
        self.checkpoint = checkpoint
        self.execution = checkpoint.execution
        self.command = self.execution.command
        # Signals up to here are known to what decides about the end: with a later one the end is refused.
        self.seen_seq = checkpoint.signal_seq
        self.starts: set[asyncio.Task[bool]] = set()
        self.outside, self.settings = outside, settings
        self.recorder = Recorder(EventIndex(self.execution.next_index))
        self.run = run_of(self.execution, plan, settings, self.recorder, checkpoint.inputs)
        self.writer = self._new_writer(claim, plan)
        self.correspondence = Correspondence(self.run, outside)
        self.driver = Driver(
            self.run,
            journal=self.writer,
            clock=outside.clock,
            active_ms=self.execution.active_ms,
            awake_ms=settings.awake_ms,
            facilities=outside.facilities,
            outside=self.correspondence,
        )
        self.news = News(self.run, self.driver, outside, checkpoint.signal_seq)
        self.writer.begin(checkpoint.signal_seq)

    def _new_writer(self, claim: Claim, plan: Plan) -> SliceWriter:
        metadata, clock = plan.flow.metadata, self.outside.clock
        return SliceWriter(
            claim,
            self.recorder,
            runs=self.outside.runs,
            settings=self.settings.writer,
            new_child=lambda child: self._new_child(child, metadata, clock()),
            active_ms=lambda: self.driver.active_ms,
        )

    def _new_child(self, child: Child, metadata: Mapping[str, object], at_ms: int) -> NewChild:
        if child.call is None:
            return new_child(self.execution, child, metadata, at_ms)
        return called_child(self.execution, child, self.correspondence.pinned(child.call.flow_id), at_ms)

    async def verdict(self) -> Verdict | None:
        try:
            verdict = await self._driven()
            await self.writer.settle()
            await asyncio.gather(*self.starts)
        finally:
            await self.writer.abandon()
            await _cancelled(self.starts)
        return verdict

    async def _driven(self) -> Verdict | None:
        await self._prepare()
        self.writer.on_reply = self._heed
        self.writer.on_failure = lambda _: self.driver.order(Superseded())
        self.writer.on_spawned = lambda ids: self._start((child, FIRST_RUN) for child in ids)
        self._obey(self.execution.command)
        self._step()
        writing = asyncio.create_task(self.writer.write_while_running())
        time_limit = asyncio.get_running_loop().call_later(
            self.settings.slice_ms / 1000, self.driver.order, OutOfTime()
        )
        try:
            outcome = await self.driver.drive()
        finally:
            await self.news.close()
            time_limit.cancel()
            self.writer.stop()
            await writing
        if self.writer.failure is not None:
            raise self.writer.failure
        self.seen_seq = self.writer.signal_seq
        return await self._end(self._by_last_command(outcome))

    async def _prepare(self) -> None:
        await self.correspondence.look_up_flows()
        if self.execution.next_index == 0:
            self.run.begin(self.outside.clock())
        else:
            self.run.restore(self.checkpoint.results, await self._spawned())
            await self.news.recall(self.checkpoint.results)

    async def _spawned(self) -> set[ExecutionId]:
        """Children that exist: asked for only where a node has emitted or called."""
        if not any({"emitted", "calls"} & result.detail.keys() for result in self.checkpoint.results):
            return set()
        children = await self.outside.executions.children(self.execution.id)
        # A slice may have died between the commit that made them and the start of their workflows.
        self._start((child.id, child.workflow_run) for child in children if child.status is Status.CREATED)
        return {child.id for child in children}

    # ------------------------------------------------------------ commands

    def _step(self) -> None:
        """A step runs what is ready now, or one node of it."""
        kind = None if self.command is None else self.command.kind
        if kind is CommandKind.STEP:
            self.run.step_wave()
        elif kind is CommandKind.STEP_OVER:
            self.run.step_over()

    def _heed(self, reply: CommitReply) -> None:
        self.command = reply.command
        self._obey(reply.command)
        self.news.sent(reply.signal_seq)

    def _by_last_command(self, outcome: Outcome) -> Outcome | None:
        """The last reply may have told of a command after the run had come to its outcome."""
        kind = None if self.command is None else self.command.kind
        if self.command is not None and kind is CommandKind.STOP:
            return Stopped(self.command.reason)
        if self.command is not None and kind is CommandKind.PAUSE and isinstance(outcome, Finished | Asleep):
            return Paused(self.command.reason)
        if kind is None and isinstance(outcome, Paused) and self.run.pause is None:
            return None
        return outcome

    def _obey(self, command: Command | None) -> None:
        if command is None:
            self.driver.withdraw_pause()
        elif command.kind is CommandKind.STOP:
            self.driver.order(Stopped(command.reason))
        elif command.kind is CommandKind.PAUSE:
            self.driver.order(Paused(command.reason))

    # ------------------------------------------------------------ ends

    async def _end(self, outcome: Outcome | None) -> Verdict | None:
        match outcome:
            case None:
                await self.writer.write_rest()
                return None
            case Finished() | Asleep() | OutOfTime() | Paused():
                return await self._go_on_later(outcome)
            case Failed():
                return await self._fail(outcome)
            case Stopped():
                return await self._stop(outcome)
            case Superseded():
                raise Conflict(f"{self.execution.id} has been claimed by somebody else")

    async def _go_on_later(self, outcome: Finished | Asleep | OutOfTime | Paused) -> Verdict | None:
        """Nothing has to be broken off."""
        match outcome:
            case Finished():
                return await self._finish()
            case Asleep():
                return await self._sleep(outcome)
            case OutOfTime():
                return await self._continue()
            case Paused():
                return await self._pause(outcome)

    async def _finish(self) -> Verdict | None:
        """Completed, or waiting for children."""
        self.run.spawning.release(self.outside.clock())
        family = await self._family()
        if family is not None:
            report_ends(family, self.recorder, self.outside.clock())
            if self._fails_with(family):
                return await self._fail(Failed(f"Child execution {_failed_child(family)} failed"))
            if family.open_count:
                return await self._wait_for_children(family.open_count)
        kept = self.recorder.pending()
        self.run.complete_flow(self.driver.active_ms, self.outside.clock())
        node_id, message = self.run.unhandled or (None, None)
        outputs = orjson.dumps(returned(self.run)) if self.execution.is_called else None
        end = SliceEnd(
            Status.COMPLETED,
            self.seen_seq,
            error_message=message,
            error_node_id=node_id,
            outputs=outputs,
        )
        return await self._write_final(end, kept)

    async def _fail(self, failed: Failed) -> Verdict | None:
        kept = self.recorder.pending()
        self.run.fail_flow(failed.message, self.driver.active_ms, self.outside.clock())
        end = SliceEnd(
            Status.FAILED,
            self.seen_seq,
            error_message=failed.message,
            error_node_id=failed.node_id,
        )
        return await self._write_final(end, kept)

    async def _stop(self, stopped: Stopped) -> Verdict | None:
        kept = self.recorder.pending()
        self.run.cancel_flow(stopped.reason, self.driver.active_ms, self.outside.clock())
        end = SliceEnd(Status.STOPPED, self.seen_seq, CommandKind.STOP, error_message=stopped.reason)
        return await self._write_final(end, kept)

    async def _pause(self, paused: Paused) -> Verdict | None:
        self.run.leave_bodies(self.outside.clock())
        kept = self.recorder.pending()
        self.recorder.event(
            EventType.FLOW_PAUSED, orjson.dumps({"reason": paused.reason}), self.outside.clock()
        )
        by = None if self.command is None else self.command.by
        waiting = Waiting("paused", detail=paused.reason, by=by)
        if paused.breakpoint is not None:
            waiting = Waiting("breakpoint", detail=paused.breakpoint)
        takes = None if self.command is None else self.command.kind
        end = SliceEnd(Status.PAUSED, self.seen_seq, takes, waiting=waiting)
        return WAIT if await self._landed(end, kept) else None

    async def _sleep(self, asleep: Asleep) -> Verdict | None:
        now = self.outside.clock()
        self.run.leave_bodies(now)
        waiting = Waiting(asleep.reason, until_ms=asleep.until_ms)
        end = SliceEnd(None, self.news.known_seq, waiting=waiting)
        if not await self._landed(end, self.recorder.pending()):
            return None
        return WAIT if asleep.until_ms is None else Verdict("wait", whole_seconds(asleep.until_ms - now))

    async def _continue(self) -> Verdict | None:
        self.run.cut_bodies(self.driver.dozing, self.settings.slice_ms, self.outside.clock())
        end = SliceEnd(None, self.seen_seq)
        return RUN if await self._landed(end, self.recorder.pending()) else None

    async def _wait_for_children(self, count: int) -> Verdict | None:
        end = SliceEnd(None, self.seen_seq, waiting=Waiting("children", detail=str(count)))
        return WAIT if await self._landed(end, self.recorder.pending()) else None

    async def _write_final(self, end: SliceEnd, kept: Record) -> Verdict | None:
        if not await self._landed(end, kept):
            return None
        await wake_parent(self.execution, outside=self.outside)
        return DONE

    async def _landed(self, end: SliceEnd, kept: Record) -> bool:
        """Refused: what stands without the end is written, and the row is looked at again."""
        reply = await self.writer.write_end(end, kept=kept)
        if not reply.landed and not self.recorder.is_empty:
            await self.writer.write_rest()
        return reply.landed

    # ------------------------------------------------------------ children

    async def _family(self) -> Family | None:
        """The children, if there are any; what was just spawned is written first."""
        extra_events = self.execution.depth == 0 and self.execution.external_event is not None
        if not self.run.spawning.count and not extra_events:
            return None
        if not self.recorder.is_empty:
            await self.writer.write_rest()
        family = await family_of(self.execution.id, outside=self.outside)
        return family if family.children else None

    def _fails_with(self, family: Family) -> bool:
        fails = self.execution.options.on_node_failure is OnNodeFailure.FAIL
        return fails and family.first_failed is not None

    def _start(self, children: Iterable[tuple[ExecutionId, WorkflowRun]]) -> None:
        """Their rows are there; a workflow that cannot be started now is started by the sweep."""
        workflows = self.outside.workflows
        for child, run in children:
            start = start_workflow(child, run, AT_ONCE, workflows=workflows)
            self.starts.add(asyncio.create_task(start))


async def _cancelled(tasks: Collection[asyncio.Task[bool]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)


def _failed_child(family: Family) -> str:
    return "" if family.first_failed is None else family.first_failed.id


def run_of(
    execution: Execution,
    plan: Plan,
    settings: SliceSettings,
    recorder: Recorder,
    inputs: Mapping[str, object] = NO_INPUTS,
) -> Run:
    return Run(
        plan,
        identity=_identity(execution, inputs),
        options=execution.options,
        limits=settings.tree,
        recorder=recorder,
    )


def _identity(execution: Execution, inputs: Mapping[str, object]) -> RunIdentity:
    return RunIdentity(
        execution_id=execution.id,
        root_id=execution.root_id,
        parent_id=execution.parent_id,
        flow_id=execution.flow_id,
        owner_id=execution.owner_id,
        depth=execution.depth,
        integration=execution.integration,
        external_event=execution.external_event,
        inputs=inputs,
    )
