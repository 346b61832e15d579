from collections.abc import Collection

from chaingraph.errors import Conflict
from chaingraph.ids import ConnectionId, Epoch
from chaingraph.interfaces import Assignment
from tests.fakes.world import SubscriptionRecord, World


class FakeAssignments:
    def __init__(self, world: World) -> None:
        self._world = world

    async def take(self, relay: Epoch) -> list[Assignment]:
        if self._world.lease is None or self._world.lease.epoch != relay:
            raise Conflict(f"relay {relay} is not the active one any more")
        free = [record for record in self._ordered() if record.relay is None]
        for record in free:
            record.relay = relay
        return [_assignment(record) for record in free]

    async def of(self, relay: Epoch, connections: Collection[ConnectionId]) -> list[Assignment]:
        return [
            _assignment(record)
            for record in self._ordered()
            if record.relay == relay and record.subscription.connection_id in connections
        ]

    async def abandoned(self, relay: Epoch) -> list[ConnectionId]:
        return sorted(
            {
                record.subscription.connection_id
                for record in self._ordered()
                if record.relay is not None and record.relay < relay
            }
        )

    async def hand_over(self, relay: Epoch, assignments: Collection[Assignment]) -> None:
        for assignment in assignments:
            exact = assignment.subscription
            record = self._world.subscriptions.get((exact.connection_id, exact.request_id))
            if record and record.relay == relay:
                record.subscription, record.is_started = exact, assignment.is_started
                record.relay = None

    def _ordered(self) -> list[SubscriptionRecord]:
        subscriptions = self._world.subscriptions
        return [subscriptions[key] for key in sorted(subscriptions)]


def _assignment(record: SubscriptionRecord) -> Assignment:
    return Assignment(record.subscription, record.is_started, record.is_stopping)
