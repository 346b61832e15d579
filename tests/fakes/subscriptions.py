from chaingraph.errors import Conflict, NotFound
from chaingraph.ids import ConnectionId, RequestId
from chaingraph.interfaces import SubscriptionWakeUp
from chaingraph.subscriptions import Subscription
from tests.fakes.world import SubscriptionRecord, World


class FakeSubscriptions:
    def __init__(self, world: World) -> None:
        self._world = world

    async def add(self, subscription: Subscription) -> None:
        key = (subscription.connection_id, subscription.request_id)
        if subscription.connection_id not in self._world.connections:
            raise NotFound(f"there is no connection {subscription.connection_id}")
        if key in self._world.subscriptions:
            raise Conflict(f"connection {key[0]} uses the request id {key[1]} already")
        self._world.subscriptions[key] = SubscriptionRecord(subscription)
        self._world.hint(SubscriptionWakeUp(subscription.connection_id))

    async def stop(self, connection_id: ConnectionId, request_id: RequestId) -> None:
        record = self._world.subscriptions.get((connection_id, request_id))
        if record is None:
            raise NotFound(f"connection {connection_id} has no subscription {request_id}")
        record.is_stopping = True
        self._world.hint(SubscriptionWakeUp(connection_id))

    async def remove(self, connection_id: ConnectionId, request_id: RequestId) -> None:
        self._world.subscriptions.pop((connection_id, request_id), None)

    async def of_connection(self, connection_id: ConnectionId) -> list[Subscription]:
        return [
            record.subscription
            for record in self._world.subscriptions.values()
            if record.subscription.connection_id == connection_id
        ]

    async def all(self) -> list[Subscription]:
        subscriptions = self._world.subscriptions
        return [subscriptions[key].subscription for key in sorted(subscriptions)]

    async def stopping(self) -> list[tuple[ConnectionId, RequestId]]:
        return sorted(key for key, record in self._world.subscriptions.items() if record.is_stopping)
