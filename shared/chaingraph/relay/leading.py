"""One relay is active, by a lease; the others stand by."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from chaingraph.errors import Unavailable
from chaingraph.ids import Epoch, WorkerId
from chaingraph.interfaces import RelayLease
from chaingraph.relay.notices import Leading, Notice, StoreFailed
from chaingraph.relay.relay import Relay

EXTENSIONS_PER_LEASE: Final = 4
STANDBY_SECONDS: Final = 0.5


class Leadership:
    """`relay` is there while this one is active."""

    def __init__(
        self,
        holder: WorkerId,
        *,
        lease: RelayLease,
        lease_ms: int,
        relay_of: Callable[[Epoch], Relay],
        on_notice: Callable[[Notice], None],
    ) -> None:
        self.relay: Relay | None = None
        self._holder = holder
        self._lease = lease
        self._lease_ms = lease_ms
        self._relay_of = relay_of
        self._on_notice = on_notice
        self._leaving = asyncio.Event()

    def leave(self) -> None:
        """Hand everything over and give the lease back, or stand by no more."""
        self._leaving.set()

    async def run(self) -> None:
        """Stand by, become the active relay, and end after `leave`.

        Raises a group with Conflict when another relay has become the active one.
        """
        epoch = await self._become_active()
        if epoch is None:
            return
        self._on_notice(Leading(epoch))
        relay = self.relay = self._relay_of(epoch)
        async with asyncio.TaskGroup() as group:
            meanwhile = [group.create_task(self._extend(epoch)), group.create_task(self._pass_on(relay))]
            await relay.run()
            for task in meanwhile:
                task.cancel()
        await self._lease.give_back(epoch)

    async def _become_active(self) -> Epoch | None:
        """None: it was told to leave before."""
        while not self._leaving.is_set():
            try:
                epoch = await self._lease.take(self._holder, lease_ms=self._lease_ms)
            except Unavailable as error:
                self._on_notice(StoreFailed(error.message))
            else:
                if epoch is not None:
                    return epoch
            with suppress(TimeoutError):
                await asyncio.wait_for(self._leaving.wait(), STANDBY_SECONDS)
        return None

    async def _extend(self, epoch: Epoch) -> None:
        """A database that does not answer ends nothing: nobody else becomes active meanwhile either."""
        while True:
            await asyncio.sleep(self._lease_ms / 1000 / EXTENSIONS_PER_LEASE)
            try:
                await self._lease.extend(epoch, lease_ms=self._lease_ms)
            except Unavailable as error:
                self._on_notice(StoreFailed(error.message))

    async def _pass_on(self, relay: Relay) -> None:
        await self._leaving.wait()
        relay.leave()
