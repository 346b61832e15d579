from dataclasses import replace
from datetime import datetime

from chaingraph.errors import NotFound
from chaingraph.ids import ConnectionId
from chaingraph.interfaces import Connection, SubscriptionWakeUp, User
from tests.fakes.world import World


class FakeConnections:
    def __init__(self, world: World) -> None:
        self._world = world

    async def add(self, connection_id: ConnectionId, *, user: User | None, announces_identity: bool) -> None:
        now = self._world.clock.now()
        self._world.connections[connection_id] = Connection(connection_id, user, announces_identity, now)

    async def read(self, connection_id: ConnectionId) -> Connection:
        if connection_id not in self._world.connections:
            raise NotFound(f"there is no connection {connection_id}")
        return self._world.connections[connection_id]

    async def identify(self, connection_id: ConnectionId, user: User) -> None:
        known = await self.read(connection_id)
        self._world.connections[connection_id] = replace(known, user=user)

    async def remove(self, connection_id: ConnectionId) -> None:
        if self._world.connections.pop(connection_id, None) is None:
            return
        for key in [key for key in self._world.subscriptions if key[0] == connection_id]:
            del self._world.subscriptions[key]
        self._world.hint(SubscriptionWakeUp(connection_id))

    async def unidentified_since(self, before: datetime, limit: int) -> list[ConnectionId]:
        known = self._world.connections
        return [opened for opened in self._opened(before) if known[opened].user is None][:limit]

    async def opened_before(self, before: datetime, limit: int) -> list[ConnectionId]:
        return self._opened(before)[:limit]

    def _opened(self, before: datetime) -> list[ConnectionId]:
        known = sorted(self._world.connections.values(), key=lambda connection: connection.connected_at)
        return [connection.id for connection in known if connection.connected_at < before]
