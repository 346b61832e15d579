"""What feeds read from: logs, and the flow documents that executions are pinned to."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

import orjson

from chaingraph.execution.events import Event
from chaingraph.execution.execution import Execution
from chaingraph.graph.json_types import object_of
from chaingraph.ids import EventIndex, ExecutionId, FlowHash
from chaingraph.interfaces import EventLog, Executions

MOST_DOCUMENTS: Final = 64

Read = tuple[ExecutionId, EventIndex, int]


class Sources:
    """Those who read the same at the same time share one query."""

    def __init__(self, *, events: EventLog, executions: Executions) -> None:
        self._events = events
        self._executions = executions
        self._reads: dict[Read, asyncio.Task[list[Event]]] = {}
        self._documents: OrderedDict[FlowHash, Mapping[str, object]] = OrderedDict()

    async def read(self, execution_id: ExecutionId, after: EventIndex, limit: int) -> list[Event]:
        read = (execution_id, after, limit)
        running = self._reads.get(read)
        if running is None:
            running = asyncio.ensure_future(self._events.read(execution_id, after=after, limit=limit))
            self._reads[read] = running
            running.add_done_callback(lambda _: self._reads.pop(read))
        return await asyncio.shield(running)

    def tasks(self) -> list[asyncio.Task[list[Event]]]:
        return list(self._reads.values())

    async def execution(self, execution_id: ExecutionId) -> Execution:
        return await self._executions.read(execution_id)

    async def document(self, flow_hash: FlowHash) -> Mapping[str, object]:
        """Parsed, and shared by all executions of the same flow."""
        known = self._documents.get(flow_hash)
        if known is None:
            known = object_of(orjson.loads(await self._executions.pinned_document(flow_hash)))
            self._documents[flow_hash] = known
        self._documents.move_to_end(flow_hash)
        while len(self._documents) > MOST_DOCUMENTS:
            self._documents.popitem(last=False)
        return known
