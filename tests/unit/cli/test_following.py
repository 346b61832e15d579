"""Following an execution: every event once, whatever becomes of the connection."""

from asyncio import to_thread
from typing import Any

import pytest

from chaingraph.cli.api import Api
from chaingraph.cli.endpoint import Endpoint
from chaingraph.cli.executing import new_execution
from chaingraph.cli.following import Follower, Stream
from chaingraph.errors import NotFound, Rejected, Unavailable
from chaingraph.graph.json_types import JsonObject
from chaingraph.subscriptions import Snapshot
from tests.unit.cli.stand_in import StandIn, event, serving

pytestmark = pytest.mark.anyio

AT_ONCE = (0.0,) * 10
EVENTS = [
    event(-1, "execution:created", executionId="EX1"),
    event(0, "flow:started"),
    event(1, "node:started", nodeId="a"),
    event(2, "node:completed", nodeId="a", executionTime=3),
    event(3, "flow:completed", executionTime=4),
]


class Seen:
    """A display that remembers."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []
        self.notices: list[str] = []

    def see(self, execution_id: str, event: JsonObject) -> None:
        self.events.append((execution_id, event["index"]))

    def notice(self, text: str) -> None:
        self.notices.append(text)


async def test_every_event_is_seen_in_order_until_the_stream_ends() -> None:
    system = StandIn()
    system.streams["EX1"] = EVENTS

    seen = await followed(system, Stream("EX1"))

    assert seen.events == [("EX1", index) for index in (-1, 0, 1, 2, 3)]
    assert seen.notices == []


@pytest.mark.parametrize("cuts", [[1], [2, 1, 1], [3, 2], [0, 0, 5]])
async def test_no_event_is_lost_or_repeated_when_connections_are_cut(cuts: list[int]) -> None:
    system = StandIn()
    system.streams["EX1"] = EVENTS
    system.cuts = list(cuts)

    seen = await followed(system, Stream("EX1"))

    assert seen.events == [("EX1", index) for index in (-1, 0, 1, 2, 3)]
    assert len(seen.notices) == len(cuts)


async def test_after_a_cut_the_subscription_names_the_last_event_it_got() -> None:
    system = StandIn()
    system.streams["EX1"] = EVENTS
    system.cuts = [2]

    await followed(system, Stream("EX1"))

    assert [last for _, _, last in system.asked] == [None, "0"]


async def test_a_stream_can_begin_in_the_middle() -> None:
    system = StandIn()
    system.streams["EX1"] = EVENTS

    seen = await followed(system, Stream("EX1", from_index=2))

    assert seen.events == [("EX1", 2), ("EX1", 3)]


async def test_children_are_followed_too_over_a_cut() -> None:
    system = StandIn()
    spawned = event(2, "child:spawned", childExecutionId="EX2", eventName="ping")
    system.streams["EX1"] = [*EVENTS[:3], spawned, EVENTS[4]]
    system.streams["EX2"] = EVENTS
    system.cuts = [4]

    seen = await followed(system, Stream("EX1"))

    for execution in ("EX1", "EX2"):
        assert [index for name, index in seen.events if name == execution] == [-1, 0, 1, 2, 3]


async def test_the_snapshot_form_is_asked_for() -> None:
    system = StandIn()
    system.streams["EX1"] = EVENTS

    await followed(system, Stream("EX1"))

    assert system.asked[0][1]["snapshot"] == "values"


async def test_a_refused_subscription_is_raised() -> None:
    with pytest.raises(NotFound, match="nobody"):
        await followed(StandIn(), Stream("EX1"))


async def test_a_system_that_was_never_there_is_reported_at_once() -> None:
    endpoint = Endpoint("http://127.0.0.1:1", "ws://127.0.0.1:1", "token")
    seen = Seen()

    with pytest.raises(Unavailable, match="does not answer"):
        await Follower(endpoint, Snapshot.VALUES, seen, AT_ONCE).follow(Stream("EX1"))

    assert seen.notices == []


async def test_a_system_that_stays_away_is_given_up_after_the_last_pause() -> None:
    system = StandIn()
    system.streams["EX1"] = EVENTS
    system.cuts = [1, 0, 0, 0, 0]
    seen = Seen()

    async with serving(system) as endpoint:
        with pytest.raises(Unavailable, match="connection was lost"):
            await Follower(endpoint, Snapshot.VALUES, seen, (0.0, 0.0)).follow(Stream("EX1"))

    assert seen.events == [("EX1", -1)]


async def test_a_new_execution_starts_when_it_is_subscribed_to_and_only_once() -> None:
    system = StandIn()
    system.streams["EX1"] = EVENTS
    system.cuts = [2]

    await executed(system)

    told = [asked[:2] for asked in system.asked if asked[0] in {"POST", "subscription"}]
    assert [kind for kind, _ in told] == ["POST", "POST", "subscription", "POST", "subscription"]
    assert told[3] == ("POST", "executions/EX1/start")


async def test_a_start_whose_answer_was_lost_is_asked_for_again() -> None:
    system = StandIn()
    system.streams["EX1"] = EVENTS
    system.lost_answers = {"executions/EX1/start"}

    seen = await executed(system)

    assert [path for method, path, _ in system.asked if method == "POST"].count("executions/EX1/start") == 2
    assert [index for _, index in seen.events] == [-1, 0, 1, 2, 3]


async def test_a_start_that_is_refused_is_raised() -> None:
    system = StandIn()
    system.streams["EX1"] = EVENTS
    system.refuse("executions/EX1/start", 409, "BAD_REQUEST", "it is stopped")

    with pytest.raises(Rejected, match="it is stopped"):
        await executed(system)


async def followed(system: StandIn, stream: Stream) -> Seen:
    seen = Seen()
    async with serving(system) as endpoint:
        await Follower(endpoint, Snapshot.VALUES, seen, AT_ONCE).follow(stream)
    return seen


async def executed(system: StandIn) -> Seen:
    seen = Seen()
    async with serving(system) as endpoint:
        stream = await to_thread(new_execution, b'{"nodes": []}', None, (), Api(endpoint))
        await Follower(endpoint, Snapshot.VALUES, seen, AT_ONCE).follow(stream)
    return seen
