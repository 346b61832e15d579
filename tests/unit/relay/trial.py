"""A relay between a log that grows and viewers who watch it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, cast

import orjson

from chaingraph.errors import Unavailable
from chaingraph.execution.events import CREATED_INDEX, FINAL_EVENT_TYPES, Event, EventType
from chaingraph.execution.execution import NewExecution
from chaingraph.execution.options import ExecutionOptions
from chaingraph.execution.status import Status
from chaingraph.ids import (
    ConnectionId,
    EventIndex,
    ExecutionId,
    FlowHash,
    FlowId,
    RequestId,
    UserId,
    WorkerId,
)
from chaingraph.interfaces import EventsWakeUp, Posts
from chaingraph.relay.limits import Limits
from chaingraph.relay.meter import Meter
from chaingraph.relay.notices import Notice
from chaingraph.relay.relay import Relay
from chaingraph.relay.store import Store
from chaingraph.subscriptions import Snapshot, Subscription
from tests.contract.stores import Store as WholeStore
from tests.fakes.store import FakeStore, fake_store
from tests.unit.relay.viewers import Fate, Sockets

EXECUTION = ExecutionId("EX")
LEASE_MS = 60_000

DOCUMENT = {
    "metadata": {"name": "two nodes"},
    "nodes": [
        {
            "id": "n",
            "type": "NumberNode",
            "status": "idle",
            "metadata": {"version": 1},
            "ports": [{"config": {"id": "out", "key": "out", "type": "number"}, "value": 0}],
        }
    ],
    "edges": [],
}


def created() -> Event:
    return Event(CREATED_INDEX, EventType.EXECUTION_CREATED, 0, b'{"executionDepth":0}')


def log_of(count: int, *, final: EventType | None = EventType.FLOW_COMPLETED) -> list[Event]:
    """Events 0, 1, … of a flow whose only node completes again and again; its value is the event's index."""
    events = [Event(EventIndex(0), EventType.FLOW_STARTED, 0, b"{}")]
    for index in range(1, count - 1 if final else count):
        kind = EventType.NODE_STARTED if index % 2 else EventType.NODE_COMPLETED
        payload = {"nodeId": "n", **({} if index % 2 else {"executionTime": 1, "values": {"out": index}})}
        events.append(Event(EventIndex(index), kind, index, orjson.dumps(payload)))
    if final:
        events.append(Event(EventIndex(count - 1), final, count, b'{"executionTime":1}'))
    return events


def new_execution(execution_id: ExecutionId = EXECUTION) -> NewExecution:
    return NewExecution(
        id=execution_id,
        flow_id=FlowId("flow"),
        flow_hash=FlowHash("hash"),
        owner_id=UserId("alice"),
        root_id=execution_id,
        parent_id=None,
        depth=0,
        options=ExecutionOptions(),
        integration={},
        external_event=None,
    )


async def create(store: FakeStore, execution_id: ExecutionId = EXECUTION) -> None:
    await store.executions.create(
        new_execution(execution_id), document=orjson.dumps(DOCUMENT), created=created(), idempotency=None
    )


def commit(store: FakeStore, events: Iterable[Event], execution_id: ExecutionId = EXECUTION) -> EventIndex:
    """One batch of the engine, without its wake-up."""
    record = store.world.records[execution_id]
    for event in events:
        record.events.append(event)
        status = Status.COMPLETED if event.type in FINAL_EVENT_TYPES else record.execution.status
        record.execution = replace(record.execution, next_index=EventIndex(event.index + 1), status=status)
    return EventIndex(record.events[-1].index)


def write(store: FakeStore, events: Iterable[Event], execution_id: ExecutionId = EXECUTION) -> None:
    """One batch of the engine, with its wake-up."""
    store.world.hint(EventsWakeUp(execution_id, commit(store, events, execution_id)))


def subscription(
    execution_id: ExecutionId = EXECUTION,
    *,
    types: Iterable[str] = (),
    batch_size: int = 100,
    batch_timeout_ms: int = 0,
    snapshot: Snapshot = Snapshot.VALUES,
    cursor: int = -2,
) -> Subscription:
    return Subscription(
        connection_id=ConnectionId(""),
        request_id=RequestId("7"),
        execution_id=execution_id,
        event_types=frozenset(types),
        batch_size=batch_size,
        batch_timeout_ms=batch_timeout_ms,
        snapshot=snapshot,
        cursor=EventIndex(cursor),
    )


def store_of(fake: FakeStore | WholeStore) -> Store:
    return Store(
        events=fake.event_log,
        executions=fake.executions,
        connections=fake.connections,
        subscriptions=fake.subscriptions,
        assignments=fake.assignments,
        wake_ups=fake.wake_ups,
    )


class CountedReads:
    """The log, counted: `count` reads, of these `executions`."""

    def __init__(self, fake: FakeStore) -> None:
        self.count = 0
        self.executions: set[ExecutionId] = set()
        self.is_available = True
        self._log = fake.event_log

    async def read(self, execution_id: ExecutionId, *, after: EventIndex, limit: int) -> list[Event]:
        if not self.is_available:
            raise Unavailable("the database does not answer")
        self.count += 1
        self.executions.add(execution_id)
        await asyncio.sleep(0)
        return await self._log.read(execution_id, after=after, limit=limit)

    async def read_types(
        self, execution_id: ExecutionId, *, after: EventIndex, limit: int, types: Sequence[str]
    ) -> list[Event]:
        return await self._log.read_types(execution_id, after=after, limit=limit, types=types)

    async def heads(self, executions: Collection[ExecutionId]) -> dict[ExecutionId, EventIndex]:
        return await self._log.heads(executions)


class RunningRelay:
    def __init__(
        self, relay: Relay, meter: Meter, running: asyncio.Task[None], notices: list[Notice]
    ) -> None:
        self.relay = relay
        self.meter = meter
        self.notices = notices
        self._running = running

    async def leave(self) -> None:
        self.relay.leave()
        await self._running

    async def failure(self) -> type[BaseException] | None:
        """What it ends with by itself; of a group the first."""
        await asyncio.wait([self._running])
        error = self._running.exception()
        first = cast("BaseException", error.exceptions[0]) if isinstance(error, ExceptionGroup) else error
        return type(first) if first else None

    async def kill(self) -> None:
        self._running.cancel()
        await asyncio.wait([self._running])


async def start(
    fake: FakeStore | WholeStore, posts: Posts, *, store: Store | None = None, limits: Limits | None = None
) -> RunningRelay:
    """A relay that has the lease, whoever had it before."""
    notices: list[Notice] = []
    epoch = await fake.relay_lease.take(WorkerId("relay"), lease_ms=LEASE_MS)
    assert epoch is not None
    meter = Meter(now_ms)
    relay = Relay(
        epoch,
        store=store or store_of(fake),
        posts=posts,
        limits=limits or Limits(),
        meter=meter,
        on_notice=notices.append,
    )
    return RunningRelay(relay, meter, asyncio.create_task(relay.run()), notices)


@asynccontextmanager
async def running(
    fake: FakeStore, posts: Posts, *, store: Store | None = None, limits: Limits | None = None
) -> AsyncGenerator[RunningRelay]:
    relay = await start(fake, posts, store=store, limits=limits)
    try:
        yield relay
    finally:
        await relay.kill()


async def a_world() -> tuple[FakeStore, Sockets]:
    fake = fake_store()
    await create(fake)
    return fake, Sockets(fake.connections, fake.subscriptions)


def now() -> float:
    return asyncio.get_running_loop().time()


def now_ms() -> int:
    """By the same clock as the relay's: an event that bears it has just been written."""
    return round(1000 * now())


async def until(is_so: Callable[[], bool]) -> None:
    """Virtual time: it passes as soon as everybody waits."""
    while not is_so():  # noqa: ASYNC110 — what is waited for has no event of its own
        await asyncio.sleep(0.001)


def logs_of_size(count: int, *, each: int) -> list[Event]:
    log = log_of(count + 1, final=None)
    return [with_value(event, "x" * each) for event in log]


def with_value(event: Event, value: str | None) -> Event:
    if value is None or event.type != EventType.NODE_COMPLETED:
        return event
    payload = orjson.loads(event.payload)
    payload["values"] = {"out": value}
    return event._replace(payload=orjson.dumps(payload))


def value_in(event: dict[str, Any]) -> object:
    """What came out of the only port."""
    json = event["data"]["json"]
    return json["values"]["out"] if "values" in json else json["node"]["ports"][0]["value"]


def recorded(sizes: list[int]) -> Callable[[bytes], Fate]:
    def fate(message: bytes) -> Fate:
        sizes.append(len(message))
        return Fate.DELIVERED

    return fate


def one_after_the_other(*fates: Fate) -> Callable[[bytes], Fate]:
    """Every further message is delivered."""
    left = iter(fates)

    def fate(_: bytes) -> Fate:
        return next(left, Fate.DELIVERED)

    return fate
