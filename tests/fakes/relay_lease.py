from chaingraph.errors import Conflict
from chaingraph.ids import Epoch, WorkerId
from tests.fakes.world import Lease, World


class FakeRelayLease:
    def __init__(self, world: World) -> None:
        self._world = world

    async def take(self, holder: WorkerId, *, lease_ms: int) -> Epoch | None:
        lease = self._world.lease
        if lease and self._is_held(lease) and lease.holder != holder:
            return None
        epoch = Epoch(lease.epoch + 1 if lease else 1)
        self._world.lease = Lease(epoch, holder, self._world.lease_until(lease_ms))
        return epoch

    async def extend(self, epoch: Epoch, *, lease_ms: int) -> None:
        lease = self._world.lease
        if lease is None or lease.epoch != epoch or lease.expires_at is None:
            raise Conflict(f"the lease of relay {epoch} was given back or taken over")
        lease.expires_at = self._world.lease_until(lease_ms)

    async def give_back(self, epoch: Epoch) -> None:
        if self._world.lease and self._world.lease.epoch == epoch:
            self._world.lease.expires_at = None

    def _is_held(self, lease: Lease) -> bool:
        return lease.expires_at is not None and lease.expires_at > self._world.clock.now()
