"""What the relay measures."""

import asyncio
from itertools import pairwise

import orjson
import pytest

from chaingraph.aws.telemetry import Telemetry
from chaingraph.ids import Epoch, WorkerId
from chaingraph.interfaces import PostOutcome
from chaingraph.relay.leading import Leadership
from chaingraph.relay.limits import Limits
from chaingraph.relay.meter import Meter
from chaingraph.relay.relay import Relay
from chaingraph.relay.tasks import end
from functions.relay.reports import RelayReporter, evenly_chosen
from tests.fakes.store import fake_store
from tests.unit.relay.trial import LEASE_MS, store_of, until
from tests.unit.relay.viewers import Sockets
from tests.unit.relay.virtual_time import run


def leadership(meter: Meter) -> Leadership:
    fake = fake_store()
    sockets = Sockets(fake.connections, fake.subscriptions)

    def relay_of(epoch: Epoch) -> Relay:
        return Relay(
            epoch,
            store=store_of(fake),
            posts=sockets,
            limits=Limits(),
            meter=meter,
            on_notice=lambda _: None,
        )

    return Leadership(
        WorkerId("relay"),
        lease=fake.relay_lease,
        lease_ms=LEASE_MS,
        relay_of=relay_of,
        on_notice=lambda _: None,
    )


def test_the_active_relay_tells_posts_by_their_outcome_and_how_late_events_were(
    capsys: pytest.CaptureFixture[str],
) -> None:
    meter = Meter(lambda: 1_000)
    for outcome in (PostOutcome.POSTED, PostOutcome.POSTED, PostOutcome.GONE, PostOutcome.THROTTLED):
        meter.posted(outcome)
    meter.delivered(990, asked_ms=0)

    async def trial() -> None:
        active = leadership(meter)
        running = asyncio.create_task(active.run())
        await until(lambda: active.relay is not None)
        RelayReporter(active, meter, Telemetry("relay", "Tests"))()
        await end([running])

    run(trial())

    line = orjson.loads(capsys.readouterr().out)
    names = ("Posts", "GonePosts", "ThrottledPosts", "UnknownPosts", "RelayLag", "RelayBacklog")
    assert [line[name] for name in (*names, "service")] == [[4], [1], [1], [0], [10], [0], "relay"]


def test_one_that_stands_by_measures_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    meter = Meter(lambda: 0)
    RelayReporter(leadership(meter), meter, Telemetry("relay", "Tests"))()

    assert capsys.readouterr().out == ""


def test_the_values_of_a_line_stand_for_all_of_them() -> None:
    chosen = evenly_chosen(range(100_000, 0, -1))

    assert len(chosen) == 100
    assert (chosen[0], chosen[-1]) == (1, 100_000)
    assert all(1_000 < later - earlier < 1_020 for earlier, later in pairwise(chosen))


def test_few_values_are_all_told() -> None:
    assert evenly_chosen([3, 1, 2]) == [1, 2, 3]
