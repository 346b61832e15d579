"""Drives a run: bodies that compute run inline, bodies that wait run as tasks with a time limit.

The only part of the engine that waits. It never blocks on the journal, except where a body that is not pure
has to wait until everything recorded before it is durable.
"""

import asyncio
from collections.abc import Collection
from functools import partial
from typing import Protocol

from chaingraph.engine.bodies import CANCELLED, problem_at_once, problem_of
from chaingraph.engine.chunks import WINDOW_SECONDS
from chaingraph.engine.dozing import Dozing, Wanted
from chaingraph.engine.node_run import NodeRun, Phase
from chaingraph.engine.outcomes import Asleep, Failed, Finished, Order, Outcome, Paused, WaitsFor
from chaingraph.engine.run import Run
from chaingraph.engine.scope import NOBODY_OUTSIDE, Clock, NodeScope, OutsideWorld, Surroundings
from chaingraph.graph.facilities import NO_FACILITIES, Facilities

# How long inline bodies may run before the event loop gets a turn, so that commits and commands are not held
# up.
TURN_SECONDS = 0.005
NODES_BETWEEN_LOOKS = 16

# A body that resists its cancellation is left behind after this; what it does then reaches no event and no
# result.
CANCEL_SECONDS = 5


class Journal(Protocol):
    """Where the record goes."""

    def wrote(self) -> None:
        """There is something new in the recorder."""
        ...

    async def flush(self) -> None:
        """Return when everything recorded so far is durable."""
        ...


class Driver:
    """Runs bodies until nothing is left to run, an order comes in, or the flow's time is over.

    `active_ms`: what the run has used of its time before. `awake_ms`: when everything that runs waits for a
    time further away than this, the run is left (None: it is left only when it waits for somebody outside).
    """

    def __init__(  # noqa: PLR0913 - all that a run needs from around it, by keyword only
        self,
        run: Run,
        *,
        journal: Journal,
        clock: Clock,
        active_ms: int,
        awake_ms: int | None = None,
        facilities: Facilities = NO_FACILITIES,
        outside: OutsideWorld = NOBODY_OUTSIDE,
    ) -> None:
        self._run, self._journal, self._clock = run, journal, clock
        self._active_ms = active_ms
        self._began = asyncio.get_running_loop().time()
        self._order: Order | None = None
        self._was_dozing: tuple[NodeRun, ...] = ()
        self._changed = asyncio.Event()
        self._bodies: set[asyncio.Task[None]] = set()
        self._broken: BaseException | None = None
        self._is_leaving = False
        self._awake_ms = awake_ms
        self._dozing = Dozing(clock, self._changed.set)
        self._telling: asyncio.TimerHandle | None = None
        doze = self._dozing.wait
        self._surroundings = Surroundings(clock, self._wrote, self._sent, doze, facilities, outside)

    @property
    def active_ms(self) -> int:
        """Time used so far, earlier slices included. A clock that is set, or a machine asleep, uses none."""
        return self._active_ms + round(1000 * (asyncio.get_running_loop().time() - self._began))

    def order(self, order: Order) -> None:
        """Tell the run what to come to. A pause gives way to everything, nothing else gives way."""
        if self._order is None or isinstance(self._order, Paused):
            self._order = order
            self._changed.set()

    def withdraw_pause(self) -> None:
        if isinstance(self._order, Paused):
            self._order = None
            self._changed.set()

    async def drive(self) -> Outcome:
        """Run, and answer how it ended. Never leaves a body behind."""
        timer = self._flow_timer()
        try:
            while (outcome := self._ending()) is None:
                await self._advance()
                if self._broken is not None:
                    raise self._broken
            return outcome
        finally:
            self._is_leaving = True
            timer.cancel()
            if self._telling is not None:
                self._telling.cancel()
            self._was_dozing = tuple(self._dozing.nodes)
            await self._cancel_bodies()

    def _flow_timer(self) -> asyncio.TimerHandle:
        limit = self._run.options.execution.flow_timeout_ms
        message = f"Flow execution timed out after {limit} ms"
        left = max(0, limit - self._active_ms) / 1000
        return asyncio.get_running_loop().call_later(left, lambda: self.order(Failed(message)))

    def _ending(self) -> Outcome | None:
        if self._order is not None and (not isinstance(self._order, Paused) or self._is_at_rest()):
            return self._order
        if self._run.must_fail and self._run.unhandled is not None:
            node_id, message = self._run.unhandled
            return Failed(f"Node {node_id} failed: {message}", node_id)
        if self._order is None and self._run.is_finished:
            return Finished()
        if self._run.pause is not None:
            return self._run.pause if self._is_at_rest() else None
        return None if self._run.may_start else self._asleep()

    def _is_at_rest(self) -> bool:
        """No body runs, but for those that will sleep for long."""
        return self._run.running == 0 or self._asleep() is not None

    def _asleep(self) -> Asleep | None:
        """Everything waits, and the first time is far away."""
        return self._dozing.asleep(self._run.running, self._awake_ms)

    def look(self) -> None:
        """The run has got news from outside: bodies that wait for it go on."""
        self._dozing.look()

    @property
    def dozing(self) -> Collection[NodeRun]:
        """Nodes whose bodies wait."""
        return frozenset(self._was_dozing)

    async def _advance(self) -> None:
        self._changed.clear()
        if self._order is None and self._start_ready():
            await asyncio.sleep(0)
        elif self._ending() is None:
            await self._changed.wait()

    def _start_ready(self) -> bool:
        """Start what may start, for one turn of the loop at most. True: there is more to start."""
        loop, run = asyncio.get_running_loop(), self._run
        until = loop.time() + TURN_SECONDS
        started = 0
        while not run.must_fail and (node := run.take(self._clock())) is not None:
            self._start(node)
            started += 1
            if started % NODES_BETWEEN_LOOKS == 0 and loop.time() > until:
                self._journal.wrote()
                return True
        self._journal.wrote()
        return False

    def _start(self, node: NodeRun) -> None:
        if node.plan.runs_inline:
            self._run_inline(node)
            return
        task = asyncio.create_task(self._run_body(node))
        self._bodies.add(task)
        task.add_done_callback(partial(self._body_ended, node))

    def _body_ended(self, node: NodeRun, body: asyncio.Task[None]) -> None:
        """What a body raises fails its node; what the engine itself raises ends the run."""
        self._bodies.discard(body)
        if body.cancelled():
            self._body_gave_up(node)
        elif (error := body.exception()) is not None:
            self._broken = error
            self._changed.set()

    def _body_gave_up(self, node: NodeRun) -> None:
        if not self._is_leaving and node.phase is Phase.STARTED:
            self._run.fail(node, CANCELLED, self._clock())
            self._wrote()

    def _run_inline(self, node: NodeRun) -> None:
        problem = problem_at_once(node.plan.node.definition, node.values, self._scope(node))
        if problem is None:
            self._run.complete(node, self._clock())
        else:
            self._run.fail(node, problem, self._clock())

    async def _run_body(self, node: NodeRun) -> None:
        if node.retry_at_ms > self._clock():
            await self._sleep_until_retry(node)
        problem = await self._problem_of(node)
        while problem is not None and self._run.attempts.retry(node, problem, self._clock()):
            self._wrote()
            await self._sleep_until_retry(node)
            self._run.attempts.begin_try(node)
            problem = await self._problem_of(node)
        if node.phase is not Phase.STARTED:
            return
        if problem is None:
            self._run.complete(node, self._clock())
        else:
            self._run.fail(node, problem, self._clock())
        self._journal.wrote()
        self._changed.set()

    async def _problem_of(self, node: NodeRun) -> str | None:
        definition = node.plan.node.definition
        if not definition.pure:
            await self._journal.flush()
        limit_ms = self._run.options.execution.node_timeout_ms
        timeout = asyncio.timeout(max(0, limit_ms - node.earlier_ms) / 1000)
        try:
            async with timeout:
                waiting = definition(node.values).run(self._scope(node))
                if waiting is not None:
                    await waiting
        except (KeyboardInterrupt, asyncio.CancelledError):
            raise
        except BaseException as error:  # noqa: BLE001 - a body may raise anything: it is the node that fails
            if timeout.expired() and isinstance(error, TimeoutError):
                return f"Node {node.plan.node.id} execution timed out after {limit_ms} ms."
            return problem_of(error)
        return None

    def _scope(self, node: NodeRun) -> NodeScope:
        return NodeScope(self._run, node, self._surroundings)

    def _sent(self) -> None:
        """Elements are gathered for a short time before they become an event."""
        if self._telling is None:
            self._telling = asyncio.get_running_loop().call_later(WINDOW_SECONDS, self._tell)

    def _tell(self) -> None:
        self._telling = None
        self._run.chunks.tell(self._clock())
        self._journal.wrote()

    async def _sleep_until_retry(self, node: NodeRun) -> None:
        await self._dozing.wait(node, Wanted(WaitsFor.TIME, node.retry_at_ms))

    def _wrote(self) -> None:
        self._journal.wrote()
        self._changed.set()

    async def _cancel_bodies(self) -> None:
        bodies = tuple(self._bodies)
        for body in bodies:
            body.cancel()
        if bodies:
            await asyncio.wait(bodies, timeout=CANCEL_SECONDS)
