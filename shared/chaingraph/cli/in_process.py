"""A flow run in this process, its events in the form in which they would travel."""

import asyncio
import os
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime

import orjson

from chaingraph.engine.identity import RunIdentity, TreeLimits
from chaingraph.engine.in_memory import run_in_memory
from chaingraph.engine.outcomes import Finished
from chaingraph.engine.plan import plan_of
from chaingraph.engine.recorder import Record
from chaingraph.execution.events import Event
from chaingraph.execution.execution import ExternalEvent, NewExecution
from chaingraph.execution.options import ExecutionOptions
from chaingraph.graph.flow import Flow
from chaingraph.graph.json_types import JsonObject
from chaingraph.ids import ExecutionId, FlowHash, UserId, new_execution_id
from chaingraph.outbound.facilities import facilities_of
from chaingraph.settings import NodeSettings
from chaingraph.subscriptions import Snapshot
from chaingraph.usecases.create_execution import created_event
from chaingraph.wire.event_messages import encode_event, stored_envelope
from chaingraph.wire.snapshots import Snapshots

OWNER = UserId("local")
# A longer wait is no time in which a node or the flow is active, as in a system.
AWAKE_MS = 5_000
See = Callable[[str, JsonObject], None]


async def run_in_process(flow: Flow, event: ExternalEvent | None, snapshot: Snapshot, see: See) -> bool:
    """Run a flow and everything it spawns; `see` gets every event. True when the flow completed."""
    execution_id = new_execution_id(secrets.token_bytes)
    identity = RunIdentity(
        execution_id=execution_id,
        root_id=execution_id,
        parent_id=None,
        flow_id=flow.id,
        owner_id=OWNER,
        depth=0,
        integration={},
        external_event=event,
    )
    ended = await run_in_memory(
        plan_of(flow),
        identity=identity,
        options=ExecutionOptions(),
        limits=TreeLimits(),
        clock=_now_ms,
        on_record=_Wire(flow, snapshot, see).take,
        facilities=facilities_of(NodeSettings.from_environment(os.environ), os.environ, _utc_now),
        awake_ms=AWAKE_MS,
    )
    await asyncio.sleep(0)
    return isinstance(ended.outcome, Finished)


class _Wire:
    """Gives the events of every execution as JSON, `execution:created` first."""

    def __init__(self, flow: Flow, snapshot: Snapshot, see: See) -> None:
        self._flow = flow
        self._snapshot = snapshot
        self._see = see
        self._snapshots: dict[ExecutionId, Snapshots] = {}

    def take(self, identity: RunIdentity, record: Record) -> None:
        if identity.execution_id not in self._snapshots:
            self._snapshots[identity.execution_id] = Snapshots(self._flow.document)
            self._give(
                identity.execution_id, created_event(_created(identity), self._flow.metadata, _now_ms())
            )
        for event in record.events:
            self._give(identity.execution_id, event)

    def _give(self, execution_id: ExecutionId, event: Event) -> None:
        encoded = encode_event(event, self._envelope(execution_id, event))
        self._see(execution_id, orjson.loads(encoded.json))

    def _envelope(self, execution_id: ExecutionId, event: Event) -> bytes:
        if self._snapshot is Snapshot.VALUES:
            return stored_envelope(event)
        return self._snapshots[execution_id].expand(event)


def _created(identity: RunIdentity) -> NewExecution:
    return NewExecution(
        id=identity.execution_id,
        flow_id=identity.flow_id,
        flow_hash=FlowHash(""),
        owner_id=identity.owner_id,
        root_id=identity.root_id,
        parent_id=identity.parent_id,
        depth=identity.depth,
        options=ExecutionOptions(),
        integration=identity.integration,
        external_event=identity.external_event,
    )


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
