"""Callers and callees that die at any commit, before it or after it: each call is made once, and answered."""

from collections import Counter
from dataclasses import dataclass, field, replace

import pytest

from chaingraph.execution.commits import Claim, Commit, CommitReply
from chaingraph.execution.execution import Execution
from chaingraph.ids import ExecutionId
from chaingraph.nodes.built_in import built_in_node_types
from chaingraph.testing import FlowDraft
from chaingraph.usecases.slices import Outside
from tests.fakes.runs import FakeRuns
from tests.sub_flows import CALLED, Doubling, doubling, for_each
from tests.waiting_flows import Waiting

pytestmark = pytest.mark.anyio


class Died(BaseException):
    """Nothing in the system catches it, as nothing catches kill -9."""


class MortalRuns(FakeRuns):
    def __init__(self, system: "Mortal") -> None:
        super().__init__(system.scene.store.world)
        self._system = system

    async def commit(self, claim: Claim, commit: Commit, *, lease_ms: int) -> CommitReply:
        self._system.commits += 1
        dies = self._system.commits == self._system.dies_at
        if dies and not self._system.lands:
            raise Died
        reply = await super().commit(claim, commit, lease_ms=lease_ms)
        if dies:
            raise Died
        return reply


@dataclass
class Mortal(Waiting):
    """One of its slices dies, at that commit; `lands`: after it was stored."""

    dies_at: int = 0
    lands: bool = False
    commits: int = field(default=0, init=False)

    @property
    def outside(self) -> Outside:
        return replace(super().outside, runs=MortalRuns(self))

    async def run_tree(self, root: ExecutionId) -> bool:
        """True: somebody has died meanwhile."""
        has_died = False
        while opened := [row for row in await self.tree(root) if row.completed_at is None]:
            for row in opened:
                try:
                    await self.slice(row.id)
                except BaseExceptionGroup as group:
                    has_died = bool(group.subgroup(Died))
                except Died:
                    has_died = True
        return has_died

    async def tree(self, root: ExecutionId) -> list[Execution]:
        return await self.scene.store.executions.tree(root)


@pytest.mark.parametrize("lands", [True, False])
async def test_a_death_at_any_commit_loses_no_call_and_repeats_none(*, lands: bool) -> None:
    dies_at, has_died = 0, True
    while has_died:
        dies_at += 1
        system = Mortal(built_in_node_types().merged(FlowDraft([Doubling]).node_types))
        system.dies_at, system.lands = dies_at, lands
        await system.store_flow(doubling(), CALLED)
        root = await system.started(for_each([1, 2, 3], concurrency=2))

        has_died = await system.run_tree(root)

        (completed,) = await system.payloads(root, "node:completed")
        assert completed["values"]["results"] == [{"twice": 2}, {"twice": 4}, {"twice": 6}]
        types = Counter(await system.types(root))
        assert (types["child:spawned"], types["child:completed"], types["node:started"]) == (3, 3, 1)
    assert dies_at > 8
