"""A deployment: the next relay stands by while the old one serves, and takes over when it leaves."""

import asyncio
from dataclasses import dataclass, field

import pytest

from chaingraph.ids import Epoch, WorkerId
from chaingraph.relay.leading import Leadership
from chaingraph.relay.limits import Limits
from chaingraph.relay.meter import Meter
from chaingraph.relay.notices import HandedOver, Leading, Notice
from chaingraph.relay.relay import Relay
from tests.contract.builders import LEASE_MS, ROOT, claim_running
from tests.contract.stores import Store
from tests.integration.relay.test_relay_on_postgres import COUNT, part_of, received, write
from tests.unit.relay.trial import subscription
from tests.unit.relay.viewers import Sockets

pytestmark = pytest.mark.anyio


@dataclass
class Task:
    """Of the service: a relay with a name of its own."""

    name: str
    store: Store
    sockets: Sockets
    notices: list[Notice] = field(default_factory=list[Notice])
    is_active: asyncio.Event = field(default_factory=asyncio.Event)

    def leadership(self) -> Leadership:
        return Leadership(
            WorkerId(self.name),
            lease=self.store.relay_lease,
            lease_ms=LEASE_MS,
            relay_of=self.relay_of,
            on_notice=self.hear,
        )

    def relay_of(self, epoch: Epoch) -> Relay:
        return Relay(
            epoch,
            store=part_of(self.store),
            posts=self.sockets,
            limits=Limits(),
            meter=Meter(lambda: 0),
            on_notice=self.hear,
        )

    def hear(self, notice: Notice) -> None:
        self.notices.append(notice)
        if isinstance(notice, Leading):
            self.is_active.set()


async def test_subscriptions_pass_from_one_relay_to_the_other_without_a_gap(store: Store) -> None:
    claim = await claim_running(store)
    sockets = Sockets(store.connections, store.subscriptions)
    old, new = Task("old", store, sockets), Task("new", store, sockets)
    leaving = old.leadership()
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(leaving.run())
        await old.is_active.wait()
        next_one = new.leadership()
        group.create_task(next_one.run())
        viewers = [await sockets.watch(subscription(ROOT, batch_size=size)) for size in (1, 3, 100)]
        writing = group.create_task(write(store, claim))
        await received(viewers, 20)
        assert not new.is_active.is_set()

        leaving.leave()
        await serving
        await asyncio.gather(writing, *(viewer.is_done.wait() for viewer in viewers))
        next_one.leave()

    assert [viewer.received for viewer in viewers] == [list(range(-1, COUNT))] * 3
    assert sockets.closed == []
    assert any(isinstance(each, HandedOver) for each in old.notices)
    assert new.is_active.is_set()
