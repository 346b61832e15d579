"""Whatever is interleaved, lost, refused or killed: viewers get each event of their types once, in order."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaingraph.execution.events import Event
from chaingraph.relay.limits import Limits
from chaingraph.relay.store import Store
from chaingraph.subscriptions import Snapshot, Subscription
from tests.fakes.store import FakeStore, fake_store
from tests.unit.relay.crashes import Program
from tests.unit.relay.trial import commit, create, created, log_of, start, store_of, subscription, write
from tests.unit.relay.viewers import Fate, Sockets, Viewer
from tests.unit.relay.virtual_time import run

FATES = [
    *[Fate.DELIVERED] * 12,
    Fate.THROTTLED,
    Fate.REFUSED,
    Fate.LOST,
    Fate.DELIVERED_IN_SILENCE,
    Fate.SOCKET_BREAKS,
]
HOUR = 3600.0
# The platform takes less than the relay believes; every single event fits.
MOST_BYTES = 1000
# So small that slow viewers fall out of what is in memory.
TIGHT = Limits(message_bytes=3000, feed_bytes=4_000, memory_bytes=20_000, posts_per_second=500)


@dataclass(frozen=True, slots=True)
class Killed:
    """A relay ends without a word before it has made so many steps."""

    steps: int


@dataclass(frozen=True, slots=True)
class Leaves:
    """A relay hands over after so many seconds."""

    seconds: float


Life = Killed | Leaves

subscriptions = st.builds(
    subscription,
    types=st.sampled_from([(), ("node:completed",), ("flow:completed",), ("never:happens",)]),
    batch_size=st.sampled_from([1, 3, 100]),
    batch_timeout_ms=st.sampled_from([0, 25, 1000]),
    snapshot=st.sampled_from(Snapshot),
    cursor=st.sampled_from([-2, -1, 5, 60, 149, 1000]),
)
lives = st.one_of(
    st.builds(Killed, st.integers(1, 300)), st.builds(Leaves, st.sampled_from([0.0, 0.02, 0.5, 3.0]))
)


@given(
    watched=st.lists(subscriptions, min_size=1, max_size=6),
    seed=st.integers(0, 1_000_000),
    lived=st.lists(lives, max_size=4),
)
def test_whatever_happens_each_event_arrives_once_and_in_order(
    watched: list[Subscription], seed: int, lived: list[Life]
) -> None:
    log = log_of(150)
    viewers = run(watch(watched, log, lived, dice(seed)), at_most_seconds=HOUR)

    assert [viewer.received for viewer in viewers] == [expected(log, each) for each in watched]
    assert not [viewer.error for viewer in viewers if viewer.error]


@pytest.mark.parametrize("snapshot", Snapshot)
def test_a_relay_may_be_killed_between_any_two_awaits(snapshot: Snapshot) -> None:
    watched, log = [subscription(snapshot=snapshot, batch_size=2)], log_of(5)
    for steps in range(1, 60):
        viewers = run(watch(watched, log, [Killed(steps)], dice(steps), fates=[Fate.DELIVERED]))

        assert [viewer.received for viewer in viewers] == [expected(log, watched[0])], steps


def dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311


async def watch(
    watched: Sequence[Subscription],
    log: list[Event],
    lived: Sequence[Life],
    chance: random.Random,
    *,
    fates: Sequence[Fate] = FATES,
) -> list[Viewer]:
    """Write the log while viewers watch and relays come and go; return when every viewer was told the end."""
    fake = fake_store()
    sockets = Sockets(
        fake.connections,
        fake.subscriptions,
        fate=lambda message: Fate.TOO_LARGE if len(message) > MOST_BYTES else chance.choice(fates),
        pause=lambda: chance.choice([0, 0, 0.001, 0.02, 0.3]),
    )
    await create(fake)
    relaying = asyncio.create_task(relays(fake, sockets, lived, chance))
    writing = asyncio.create_task(write_by_and_by(fake, log, chance))
    viewers = [await sockets.watch(each) for each in watched]
    await asyncio.gather(writing, *(viewer.is_done.wait() for viewer in viewers))
    relaying.cancel()
    await asyncio.wait([relaying])
    return viewers


async def relays(fake: FakeStore, sockets: Sockets, lived: Sequence[Life], chance: random.Random) -> None:
    """One after the other; then one that stays."""
    for life in lived:
        program = Program(
            life.steps if isinstance(life, Killed) else None, fails=lambda: chance.random() < 0.05
        )
        posts = program.outside(sockets, may_fail=False)
        relay = await start(fake, posts, store=outside(program, fake), limits=TIGHT)
        match life:
            case Killed():
                await program.ended.wait()
                await relay.kill()
            case Leaves(seconds):
                await asyncio.sleep(seconds)
                await relay.leave()
    relay = await start(fake, sockets, limits=TIGHT)
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        await relay.kill()


def outside(program: Program, fake: FakeStore) -> Store:
    store = store_of(fake)
    return Store(
        events=program.outside(store.events),
        executions=program.outside(store.executions),
        connections=program.outside(store.connections),
        subscriptions=program.outside(store.subscriptions),
        assignments=program.outside(store.assignments),
        wake_ups=store.wake_ups,
    )


async def write_by_and_by(fake: FakeStore, log: list[Event], chance: random.Random) -> None:
    rest = log
    while rest:
        await asyncio.sleep(chance.choice([0, 0, 0.001, 0.03, 0.5]))
        size = chance.randint(1, 20)
        batch, rest = rest[:size], rest[size:]
        (write if chance.random() < 0.8 else commit)(fake, batch)


def expected(log: list[Event], watched: Subscription) -> list[int]:
    wanted = watched.event_types
    return [
        event.index
        for event in [created(), *log]
        if event.index > watched.cursor and (not wanted or event.type in wanted)
    ]
