"""What is sent to an execution while its slice runs: breakpoints, and answers that bodies wait for."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final

from chaingraph.engine.driver import Driver
from chaingraph.engine.run import Run
from chaingraph.errors import Rejected, Unavailable
from chaingraph.execution.callbacks import Answer, CallbackUrls
from chaingraph.execution.calls import CallEnd, PinnedFlow
from chaingraph.execution.results import LoadedResult, ResultStatus
from chaingraph.ids import CallbackName, ExecutionId, FlowId
from chaingraph.usecases.slices import Outside

PAUSE_SECONDS: Final = 0.5


class News:
    """Every signal says only that there is something: what it is, is read.

    `known_seq`: the run knows of all signals up to this one. A slice that ends because the run waits must not
    have missed a later one.
    """

    def __init__(self, run: Run, driver: Driver, outside: Outside, known_seq: int) -> None:
        self.known_seq = known_seq
        self._run, self._driver, self._outside = run, driver, outside
        self._sent_seq = known_seq
        self._is_open = True
        self._hearing: asyncio.Task[None] | None = None

    async def recall(self, results: Iterable[LoadedResult]) -> None:
        """Before the run goes on: what has come for the bodies that were left waiting."""
        started = [result.detail for result in results if result.status is ResultStatus.STARTED]
        if any("callbacks" in detail for detail in started):
            self._run.callbacks.deliver(await self._outside.mailbox.answers(self._execution_id))
        if any("calls" in detail for detail in started):
            self._run.calls.deliver(await self._outside.executions.call_ends(self._execution_id))

    def sent(self, signal_seq: int) -> None:
        """A commit was answered: signals up to this one have been sent."""
        if signal_seq == self._sent_seq:
            return
        self._sent_seq = signal_seq
        if self._hearing is None or self._hearing.done():
            self._hearing = asyncio.create_task(self._hear())

    async def close(self) -> None:
        """The run has come to its outcome: what comes from now on, it does not know."""
        self._is_open = False
        if self._hearing is not None:
            await asyncio.wait([self._hearing])

    async def _hear(self) -> None:
        """Where the database does not answer, a later signal or the end of the slice makes up for it."""
        with suppress(Unavailable):
            while self._is_open and self.known_seq != self._sent_seq:
                await self._read_up_to(self._sent_seq)

    async def _read_up_to(self, signal_seq: int) -> None:
        execution = await self._outside.executions.read(self._execution_id)
        answers: Mapping[CallbackName, Answer] = {}
        if self._run.callbacks.are_awaited:
            answers = await self._outside.mailbox.answers(self._execution_id)
        ends: Mapping[ExecutionId, CallEnd] = {}
        if self._run.calls.are_awaited:
            ends = await self._outside.executions.call_ends(self._execution_id)
        if self._is_open:
            self._run.breakpoints = execution.options.breakpoints
            self._run.callbacks.deliver(answers)
            self._run.calls.deliver(ends)
            self.known_seq = signal_seq
            self._driver.look()

    @property
    def _execution_id(self) -> ExecutionId:
        return self._run.identity.execution_id


class Correspondence:
    """How bodies reach those whom they wait for (the engine's `OutsideWorld`)."""

    def __init__(self, run: Run, outside: Outside) -> None:
        self._run = run
        self._outside = outside
        self._callable: Mapping[FlowId, PinnedFlow] = {}

    async def look_up_flows(self) -> None:
        """Before the run begins: which flows its nodes may call."""
        if any(node.plan.node.definition.flow_port for node in self._run.nodes):
            root_id = self._run.identity.root_id
            self._callable = await self._outside.executions.callable_flows(root_id)

    def check_callable(self, flow_id: FlowId) -> None:
        self.pinned(flow_id)

    def pinned(self, flow_id: FlowId) -> PinnedFlow:
        """Raises Rejected."""
        if flow_id not in self._callable:
            raise Rejected(f"flow {flow_id} cannot be called: it was not pinned with this execution")
        return self._callable[flow_id]

    @property
    def callback_urls(self) -> CallbackUrls:
        if self._outside.callback_urls is None:
            raise Rejected("nobody can call back here")
        return self._outside.callback_urls

    async def expire(self, name: CallbackName) -> Answer:
        """Only the database can tell who was first."""
        while True:
            try:
                return await self._outside.mailbox.expire(self._run.identity.execution_id, name)
            except Unavailable:
                await asyncio.sleep(PAUSE_SECONDS)
