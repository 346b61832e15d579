from datetime import timedelta

from chaingraph.execution.slots import LineReport, SlotLimits
from chaingraph.ids import ExecutionId
from tests.fakes.line import CALLED_AGAIN_AFTER
from tests.fakes.world import World


class FakeQueue:
    def __init__(self, world: World) -> None:
        self._world = world

    async def call_next(self, limits: SlotLimits) -> list[ExecutionId]:
        self._world.clear_dead_slots()
        now = self._world.clock.now()
        found = [known for known in self._world.line.next(limits, now) if not self._was_called(known)]
        for known in found:
            self._world.line.places[known].called_at = now
        return found

    async def place(self, execution_id: ExecutionId) -> int | None:
        order = self._world.line.order()
        return order.index(execution_id) + 1 if execution_id in order else None

    async def report(self) -> LineReport:
        line, now = self._world.line, self._world.clock.now()
        oldest = min((place.joined_at for place in line.places.values()), default=now)
        return LineReport(len(line.holders), len(line.places), (now - oldest) // timedelta(milliseconds=1))

    def _was_called(self, execution_id: ExecutionId) -> bool:
        called_at = self._world.line.places[execution_id].called_at
        return called_at is not None and called_at >= self._world.clock.now() - CALLED_AGAIN_AFTER
