"""What a contract needs and does not care about."""

from chaingraph.execution.commands import Command, CommandKind
from chaingraph.execution.commits import Claim, Commit, NewChild, SliceEnd
from chaingraph.execution.events import CREATED_INDEX, Event, EventType
from chaingraph.execution.execution import NewExecution
from chaingraph.execution.options import ExecutionOptions
from chaingraph.execution.results import ResultStatus, StoredResult
from chaingraph.execution.status import Status
from chaingraph.ids import (
    ConnectionId,
    EventIndex,
    ExecutionId,
    FlowHash,
    FlowId,
    NodeId,
    RequestId,
    UserId,
    WorkerId,
    WorkflowRun,
)
from chaingraph.interfaces import Idempotency, Stall, Stalled
from chaingraph.subscriptions import Snapshot, Subscription
from tests.contract.stores import Store

ALICE = UserId("alice")
BOB = UserId("bob")
ROOT = ExecutionId("root")
FLOW = FlowId("flow")
RUN = WorkflowRun(1)
LEASE_MS = 60_000
AT_MS = 1_767_225_600_123
DOCUMENT = b'{ "nodes": [] }'

PAUSE = Command(CommandKind.PAUSE, ALICE, "to look")
RESUME = Command(CommandKind.RESUME, ALICE, "go on")
STOP = Command(CommandKind.STOP, ALICE, "enough")


def new_root(name: str = ROOT, *, owner: UserId = ALICE, flow: FlowId = FLOW) -> NewExecution:
    return NewExecution(
        id=ExecutionId(name),
        flow_id=flow,
        flow_hash=FlowHash("hash"),
        owner_id=owner,
        root_id=ExecutionId(name),
        parent_id=None,
        depth=0,
        options=ExecutionOptions(),
        integration={},
        external_event=None,
    )


def new_child(name: str, *, parent: NewExecution | None = None) -> NewExecution:
    above = parent or new_root()
    return NewExecution(
        id=ExecutionId(name),
        flow_id=above.flow_id,
        flow_hash=above.flow_hash,
        owner_id=above.owner_id,
        root_id=above.root_id,
        parent_id=above.id,
        depth=above.depth + 1,
        options=above.options,
        integration={},
        external_event=None,
    )


def born(name: str, *, parent: NewExecution | None = None) -> NewChild:
    return NewChild(new_child(name, parent=parent), created_event())


def created_event() -> Event:
    return Event(CREATED_INDEX, EventType.EXECUTION_CREATED, AT_MS, b'{"executionDepth": 0}')


def event(
    index: int, payload: bytes = b'{"nodeId": "n"}', kind: EventType = EventType.NODE_COMPLETED
) -> Event:
    return Event(EventIndex(index), kind, AT_MS + index, payload)


def events(count: int, *, first: int = 0) -> tuple[Event, ...]:
    return tuple(event(first + place) for place in range(count))


def result(
    node: str = "n",
    status: ResultStatus = ResultStatus.COMPLETED,
    *,
    attempt: int = 1,
    detail: bytes = b'{"outputs": {}}',
) -> StoredResult:
    return StoredResult(NodeId(node), status, attempt, detail)


def batch(count: int = 0, *, first: int = 0, end: SliceEnd | None = None) -> Commit:
    return Commit(first=EventIndex(first), events=events(count, first=first), end=end)


def ending(status: Status | None = Status.COMPLETED, *, seen: int = 1) -> SliceEnd:
    return SliceEnd(status=status, seen_seq=seen)


async def create(
    store: Store, new: NewExecution | None = None, *, idempotency: Idempotency | None = None
) -> None:
    await store.executions.create(
        new or new_root(), document=DOCUMENT, created=created_event(), idempotency=idempotency
    )


async def create_running(store: Store, name: str = ROOT) -> None:
    await create(store, new_root(name))
    await store.executions.start(ExecutionId(name))


async def claim(store: Store, name: str = ROOT, *, worker: str = "one", lease_ms: int = LEASE_MS) -> Claim:
    claimed = await store.runs.claim(
        ExecutionId(name), workflow_run=RUN, worker_id=WorkerId(worker), lease_ms=lease_ms
    )
    assert isinstance(claimed, Claim)
    return claimed


async def claim_running(store: Store, name: str = ROOT) -> Claim:
    await create_running(store, name)
    return await claim(store, name)


async def finish(store: Store, name: str = ROOT, status: Status = Status.COMPLETED, *, seen: int = 1) -> None:
    """Bring a running execution without pending commands to its end; a child has `seen` no signal."""
    ended = batch(1, end=ending(status, seen=seen))
    await store.runs.commit(await claim(store, name), ended, lease_ms=LEASE_MS)


async def pause(store: Store, name: str = ROOT) -> None:
    """Bring a running execution to its pause."""
    await store.executions.command(ExecutionId(name), PAUSE)
    obeyed = SliceEnd(status=Status.PAUSED, seen_seq=2, takes_command=CommandKind.PAUSE)
    reply = await store.runs.commit(await claim(store, name), batch(1, end=obeyed), lease_ms=LEASE_MS)
    assert reply.landed


def ended_workflow(name: str = ROOT, *, run: int = RUN) -> Stalled:
    return Stalled(ExecutionId(name), WorkflowRun(run), Stall.WORKFLOW_ENDED)


async def indexes(store: Store, name: str = ROOT) -> list[int]:
    found = await store.event_log.read(ExecutionId(name), after=EventIndex(-2), limit=10_000)
    return [event.index for event in found]


def subscription(connection: str, request: str = "1", *, cursor: int = -2) -> Subscription:
    return Subscription(
        connection_id=ConnectionId(connection),
        request_id=RequestId(request),
        execution_id=ROOT,
        event_types=frozenset({"node:completed", "node:failed"}),
        batch_size=100,
        batch_timeout_ms=25,
        snapshot=Snapshot.FULL,
        cursor=EventIndex(cursor),
    )


async def connect(store: Store, connection: str) -> None:
    await store.connections.add(ConnectionId(connection), user=None, announces_identity=False)
