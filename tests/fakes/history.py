from chaingraph.execution.status import is_final
from tests.fakes.world import Record, World


class FakeHistory:
    def __init__(self, world: World) -> None:
        self._world = world

    async def forget_events(self, *, older_than_ms: int, limit: int) -> int:
        old = [record for record in self._world.records.values() if self._is_old(record, older_than_ms)]
        left = limit
        for record in old:
            gone = min(left, len(record.events))
            del record.events[:gone]
            left -= gone
        if left:
            for record in old:
                record.results.clear()
                record.is_forgotten = True
                self._world.callable_flows.pop(record.execution.id, None)
        return limit - left

    async def forget_documents(self, *, older_than_ms: int, limit: int) -> int:
        before = self._world.age_limit(older_than_ms)
        needed = {
            record.execution.flow_hash for record in self._world.records.values() if not record.is_forgotten
        }
        for callable_flows in self._world.callable_flows.values():
            needed.update(pinned.flow_hash for pinned in callable_flows.values())
        unused = [
            flow_hash
            for flow_hash, pinned_at in self._world.pinned_at.items()
            if pinned_at < before and flow_hash not in needed
        ][:limit]
        for flow_hash in unused:
            del self._world.documents[flow_hash], self._world.pinned_at[flow_hash]
        return len(unused)

    def _is_old(self, record: Record, older_than_ms: int) -> bool:
        execution, before = record.execution, self._world.age_limit(older_than_ms)
        ended_at = execution.completed_at if is_final(execution.status) else None
        return not record.is_forgotten and ended_at is not None and ended_at < before
