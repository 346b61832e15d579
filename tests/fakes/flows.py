from dataclasses import replace

from chaingraph.errors import Conflict, NotFound
from chaingraph.ids import FlowId, UserId
from chaingraph.interfaces import FlowSummary, Page, StoredFlow
from tests.fakes.pages import paged
from tests.fakes.world import World


class FakeFlows:
    def __init__(self, world: World) -> None:
        self._world = world

    async def create(self, flow_id: FlowId, *, owner_id: UserId, name: str, document: bytes) -> StoredFlow:
        if flow_id in self._world.flows:
            raise Conflict(f"there is a flow {flow_id} already")
        now = self._world.clock.now()
        self._world.flows[flow_id] = StoredFlow(flow_id, owner_id, name, 1, document, now, now)
        return self._world.flows[flow_id]

    async def read(self, flow_id: FlowId) -> StoredFlow:
        if flow_id not in self._world.flows:
            raise NotFound(f"there is no flow {flow_id}")
        return self._world.flows[flow_id]

    async def list_of(self, owner_id: UserId | None, page: Page) -> list[FlowSummary]:
        flows = [flow for flow in self._world.flows.values() if owner_id in (None, flow.owner_id)]
        return [_summary(flow) for flow in paged(flows, page)]

    async def update(self, flow_id: FlowId, *, version: int, name: str, document: bytes) -> StoredFlow:
        flow = await self.read(flow_id)
        if flow.version != version:
            raise Conflict(f"flow {flow_id} is at version {flow.version}, not {version}")
        now = self._world.clock.now()
        updated = replace(flow, name=name, document=document, version=version + 1, updated_at=now)
        self._world.flows[flow_id] = updated
        return updated

    async def delete(self, flow_id: FlowId) -> None:
        await self.read(flow_id)
        del self._world.flows[flow_id]


def _summary(flow: StoredFlow) -> FlowSummary:
    return FlowSummary(flow.id, flow.owner_id, flow.name, flow.version, flow.created_at, flow.updated_at)
