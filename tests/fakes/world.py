"""What the fakes of the store share: the rows of one database, in memory."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from chaingraph.errors import NotFound
from chaingraph.execution.callbacks import Answer
from chaingraph.execution.calls import PinnedFlow
from chaingraph.execution.commits import NewChild
from chaingraph.execution.events import Event
from chaingraph.execution.execution import Execution, NewExecution
from chaingraph.execution.results import StoredResult
from chaingraph.execution.status import Status
from chaingraph.execution.waiting import SILENT
from chaingraph.ids import (
    CallbackName,
    ConnectionId,
    Epoch,
    ExecutionId,
    FlowHash,
    FlowId,
    NodeId,
    RequestId,
    TaskToken,
    WorkerId,
    WorkflowRun,
)
from chaingraph.interfaces import Connection, Idempotency, StoredFlow, WakeUp
from chaingraph.subscriptions import Subscription
from tests.fakes.clock import FakeClock
from tests.fakes.fresh_execution import fresh_execution
from tests.fakes.line import Line

DIED_SILENTLY: Final[Mapping[str, object]] = {"kind": "retrying", "detail": SILENT}


@dataclass(slots=True)
class Record:
    """One execution: what everybody sees, and what only the store knows."""

    execution: Execution
    events: list[Event]
    idempotency: Idempotency | None = None
    results: dict[NodeId, StoredResult] = field(default_factory=dict[NodeId, StoredResult])
    inputs: Mapping[str, object] | None = None
    outputs: bytes | None = None
    tells_caller: bool = False
    answers: dict[CallbackName, Answer] = field(default_factory=dict[CallbackName, Answer])
    signal_seq: int = 0
    seen_seq: int = 0
    worker_id: WorkerId | None = None
    lease_expires_at: datetime | None = None
    wake_at: datetime | None = None
    is_forgotten: bool = False


@dataclass(frozen=True, slots=True)
class KeptToken:
    execution_id: ExecutionId
    workflow_run: WorkflowRun
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Recovery:
    execution_id: ExecutionId
    reason: str
    previous_status: Status
    previous_worker_id: WorkerId | None


@dataclass(slots=True)
class SubscriptionRecord:
    """`relay` None: it belongs to nobody."""

    subscription: Subscription
    is_started: bool = False
    is_stopping: bool = False
    relay: Epoch | None = None


@dataclass(slots=True)
class Lease:
    """`expires_at` None: given back."""

    epoch: Epoch
    holder: WorkerId
    expires_at: datetime | None


class World:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.flows: dict[FlowId, StoredFlow] = {}
        self.documents: dict[FlowHash, bytes] = {}
        self.pinned_at: dict[FlowHash, datetime] = {}
        self.callable_flows: dict[ExecutionId, dict[FlowId, PinnedFlow]] = {}
        self.records: dict[ExecutionId, Record] = {}
        self.tokens: dict[TaskToken, KeptToken] = {}
        self.line = Line()
        self.recoveries: list[Recovery] = []
        self.connections: dict[ConnectionId, Connection] = {}
        self.subscriptions: dict[tuple[ConnectionId, RequestId], SubscriptionRecord] = {}
        self.lease: Lease | None = None
        self.listeners: list[asyncio.Queue[WakeUp]] = []

    def died(self, record: Record) -> None:
        """Nobody gave its claim back. Why it is paused is not forgotten."""
        if record.execution.status is Status.RUNNING and record.lease_expires_at is not None:
            record.execution = replace(record.execution, waiting=DIED_SILENTLY)

    def record(self, execution_id: ExecutionId) -> Record:
        if execution_id not in self.records:
            raise NotFound(f"there is no execution {execution_id}")
        return self.records[execution_id]

    def insert(self, new: NewExecution, created: Event, idempotency: Idempotency | None) -> None:
        self.records[new.id] = Record(fresh_execution(new, self.clock.now()), [created], idempotency)

    def insert_children(self, children: Iterable[NewChild]) -> None:
        """All at one moment; one that is there already stays as it is."""
        now = self.clock.now()
        for child in children:
            record = Record(fresh_execution(child.execution, now), [child.created])
            record.inputs = child.execution.inputs
            record.tells_caller = record.inputs is not None
            self.records.setdefault(child.execution.id, record)

    def clear_dead_slots(self) -> None:
        now = self.clock.now()
        for execution_id, slot in list(self.line.holders.items()):
            record = self.records[execution_id]
            lease = record.lease_expires_at
            if record.execution.epoch > slot.epoch or lease is None or lease < now:
                del self.line.holders[execution_id]

    def lease_until(self, lease_ms: int) -> datetime:
        return self.clock.now() + timedelta(milliseconds=lease_ms)

    def age_limit(self, older_than_ms: int) -> datetime:
        return self.clock.now() - timedelta(milliseconds=older_than_ms)

    def hint(self, wake_up: WakeUp) -> None:
        for listener in self.listeners:
            listener.put_nowait(wake_up)
