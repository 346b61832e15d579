"""The store of a simulated system: the whole of it, and as a process reaches it that may be killed."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Protocol

import orjson

from chaingraph.execution.execution import Execution
from chaingraph.execution.results import LoadedResult
from chaingraph.ids import ExecutionId
from tests.contract.stores import Store, store_of
from tests.fakes.store import fake_store
from tests.fault.faults import Kind
from tests.fault.sandboxes import Sandbox
from tests.fault.virtual_clock import VirtualClock
from tests.fault.watched_runs import Watch, WatchedRuns


@dataclass(frozen=True, slots=True)
class Reached:
    """`runs`: those of the store, which know what this process holds."""

    store: Store
    runs: WatchedRuns


class Stores(Protocol):
    @property
    def whole(self) -> Store:
        """As no fault reaches it."""
        ...

    @property
    def relayed(self) -> Store:
        """As the relay reaches it."""
        ...

    def reached_from(self, sandbox: Sandbox, watch: Watch) -> Reached: ...

    async def executions(self) -> Sequence[Execution]: ...

    async def results(self, execution_id: ExecutionId) -> Sequence[LoadedResult]: ...

    async def strike(self, kind: Kind) -> None:
        """A disaster of the store itself."""
        ...

    async def close(self) -> None: ...


class StoresInMemory:
    def __init__(self) -> None:
        self._fake = fake_store()
        self._fake.world.clock = VirtualClock()
        self.whole = self.relayed = store_of(self._fake)

    def reached_from(self, sandbox: Sandbox, watch: Watch) -> Reached:
        """The watch sees what enters the store, whether or not the process learns of it."""
        runs = WatchedRuns(self._fake.runs, watch)
        whole = replace(self.whole, runs=runs)
        adapters = {adapter.name: sandbox.outside(getattr(whole, adapter.name)) for adapter in fields(whole)}
        return Reached(Store(**adapters), runs)

    async def executions(self) -> Sequence[Execution]:
        return [record.execution for record in self._fake.world.records.values()]

    async def results(self, execution_id: ExecutionId) -> Sequence[LoadedResult]:
        stored = self._fake.world.records[execution_id].results.values()
        return [
            LoadedResult(result.node_id, result.status, result.attempt, orjson.loads(result.detail))
            for result in stored
        ]

    async def strike(self, kind: Kind) -> None:
        """There is no disaster for it."""

    async def close(self) -> None:
        """Nothing is open."""
