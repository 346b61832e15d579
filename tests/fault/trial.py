"""One execution of a flow in the simulated system, watched by viewers, until all of it has ended."""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from chaingraph.execution.events import Event
from chaingraph.execution.execution import Execution
from chaingraph.execution.results import LoadedResult
from chaingraph.execution.status import is_final
from chaingraph.ids import EventIndex, ExecutionId
from chaingraph.subscriptions import Snapshot, Subscription
from chaingraph.testing.virtual_time import VirtualLoop
from tests.fault.audit import Audit, Tree, audit, problems_of
from tests.fault.client import created, started
from tests.fault.faults import CRASHES, Injected, Kind
from tests.fault.ledger import Ledger
from tests.fault.simulation import System
from tests.fault.stores import Stores
from tests.unit.relay.trial import RunningRelay, start, subscription
from tests.unit.relay.viewers import Sockets, Viewer

HOUR = 3600.0
LOOK_SECONDS = 0.25
SEED = 1
MOST_EVENTS = 10_000


@dataclass(frozen=True, slots=True)
class Trial:
    """What is left of it. `received`: the indices that each viewer got; `seconds`: until all had ended.

    `accepted`: commands; `delays`: how long they took to come about.
    """

    audit: Audit
    ledger: Ledger
    violations: Sequence[str]
    received: Sequence[Sequence[int]]
    injected: Sequence[Injected]
    calls: int
    seconds: float
    accepted: Sequence[Kind]
    delays: Sequence[float]

    def problems(self, calm: Tree) -> list[str]:
        root = self.audit.logs["/"]
        whole = [event.index for event in root]
        return [
            *problems_of(self.audit, calm, self.ledger),
            *self.violations,
            *(f"a viewer received {indices}" for indices in self.received if indices != whole),
        ]

    def run_again(self, calm: "Trial") -> list[int]:
        """How many more runs of bodies a crash has cost; empty where there was none."""
        crashed = any(fault.kind in CRASHES for fault in self.injected)
        return [len(self.ledger.runs) - len(calm.ledger.runs)] if crashed else []


def try_out(
    make: Callable[[], System], *, loop: Callable[[], VirtualLoop] = VirtualLoop, seconds: float = HOUR
) -> Trial:
    """Raises TimeoutError when not everything has ended after so many seconds."""
    random.seed(SEED)  # the delays of the workflow's retries
    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(asyncio.wait_for(_trial(make), seconds))


async def _trial(make: Callable[[], System]) -> Trial:
    system = make()
    running = asyncio.create_task(system.run())
    try:
        flow_id = await system.store_flow()
        async with _relayed(system) as sockets:
            root_id = await created(system, flow_id)
            viewers = [await sockets.watch(each) for each in _subscriptions(root_id)]
            await started(system, root_id)
            await system.visit(root_id)
            await _all_ended(system, viewers)
            return await _told(root_id, system, viewers)
    finally:
        running.cancel()
        await asyncio.wait([running])
        await system.stores.close()


def _subscriptions(root_id: ExecutionId) -> Iterable[Subscription]:
    yield subscription(root_id)
    yield subscription(root_id, snapshot=Snapshot.FULL, batch_size=7, batch_timeout_ms=25)


@asynccontextmanager
async def _relayed(system: System) -> AsyncGenerator[Sockets]:
    """A relay that is replaced when it is killed."""
    whole, relayed = system.stores.whole, system.stores.relayed
    sockets = Sockets(whole.connections, whole.subscriptions)
    relays: list[RunningRelay] = [await start(relayed, sockets)]

    async def replace() -> None:
        await relays[-1].kill()
        relays.append(await start(relayed, sockets))

    system.relay_dies = replace
    try:
        yield sockets
    finally:
        await relays[-1].kill()


async def _all_ended(system: System, viewers: Sequence[Viewer]) -> None:
    """Executions, their workflow runs, and what viewers are told."""
    while not (  # noqa: ASYNC110 - rows are no events
        all(viewer.is_done.is_set() for viewer in viewers)
        and not system.workflow.open_runs()
        and all(is_final(execution.status) for execution in await system.stores.executions())
    ):
        await asyncio.sleep(LOOK_SECONDS)


async def _told(root_id: ExecutionId, system: System, viewers: Sequence[Viewer]) -> Trial:
    return Trial(
        audit=await audit(root_id, _Records(system.stores)),
        ledger=system.watch.ledger,
        violations=system.watch.violations,
        received=[viewer.received for viewer in viewers],
        injected=system.schedule.injected,
        calls=system.schedule.count,
        seconds=asyncio.get_running_loop().time(),
        accepted=system.director.accepted,
        delays=system.director.delays,
    )


@dataclass(frozen=True, slots=True)
class _Records:
    stores: Stores

    async def tree(self, root_id: ExecutionId) -> list[Execution]:
        return await self.stores.whole.executions.tree(root_id)

    async def events(self, execution_id: ExecutionId) -> Sequence[Event]:
        return await self.stores.whole.event_log.read(execution_id, after=EventIndex(-2), limit=MOST_EVENTS)

    async def results(self, execution_id: ExecutionId) -> Iterable[LoadedResult]:
        return await self.stores.results(execution_id)
