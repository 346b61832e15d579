from collections.abc import Collection, Sequence

from chaingraph.execution.events import Event
from chaingraph.ids import EventIndex, ExecutionId
from tests.fakes.world import World


class FakeEventLog:
    def __init__(self, world: World) -> None:
        self._world = world

    async def read(self, execution_id: ExecutionId, *, after: EventIndex, limit: int) -> list[Event]:
        return self._after(execution_id, after)[:limit]

    async def read_types(
        self, execution_id: ExecutionId, *, after: EventIndex, limit: int, types: Sequence[str]
    ) -> list[Event]:
        return [event for event in self._after(execution_id, after) if event.type in types][:limit]

    async def heads(self, executions: Collection[ExecutionId]) -> dict[ExecutionId, EventIndex]:
        records = self._world.records
        return {known: records[known].events[-1].index for known in executions if known in records}

    def _after(self, execution_id: ExecutionId, after: EventIndex) -> list[Event]:
        record = self._world.records.get(execution_id)
        return [event for event in record.events if event.index > after] if record else []
