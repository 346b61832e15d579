"""Executions that wait for somebody outside, run slice by slice over a store in memory."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import orjson

from chaingraph.engine.identity import TreeLimits
from chaingraph.execution.callbacks import CallbackUrls
from chaingraph.execution.execution import Execution
from chaingraph.execution.options import ExecutionOptions, Limits
from chaingraph.graph.document import load_flow
from chaingraph.graph.node_types import NodeTypes
from chaingraph.ids import EventIndex, ExecutionId, FlowId, WorkerId
from chaingraph.interfaces import WakeUp
from chaingraph.nodes.built_in import built_in_node_types
from chaingraph.testing import FlowDraft
from chaingraph.usecases.checked_flows import CheckedFlows
from chaingraph.usecases.create_execution import CreationRules, ExecutionRequest, create_execution
from chaingraph.usecases.run_slice import Plans, run_slice
from chaingraph.usecases.slice_writer import WriterSettings
from chaingraph.usecases.slices import Outside, SliceSettings, Verdict
from tests.scene import ALICE, Scene

PUBLIC_URL = "https://api.example"
SETTINGS = SliceSettings(
    WriterSettings(lease_ms=30_000, poll_ms=20),
    TreeLimits(),
    start_timeout_ms=60_000,
    awake_ms=1_000,
    slice_ms=60_000,
)


def rules(node_types: NodeTypes) -> CreationRules:
    checked = CheckedFlows(lambda text: load_flow(text, node_types))
    return CreationRules(checked, Limits(), 100, start_timeout_seconds=60)


@dataclass
class Waiting:
    """A system in memory, whose slices a test runs."""

    node_types: NodeTypes = field(default_factory=built_in_node_types)
    settings: SliceSettings = SETTINGS
    scene: Scene = field(init=False)
    plans: Plans = field(init=False)
    secrets: "count[int]" = field(default_factory=lambda: count(1))
    ids: "count[int]" = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.scene = Scene(rules=rules(self.node_types))
        self.plans = Plans(self.node_types)

    @property
    def outside(self) -> Outside:
        urls = CallbackUrls(PUBLIC_URL, lambda length: next(self.secrets).to_bytes(length))
        return replace(self.scene.outside, callback_urls=urls)

    async def store_flow(self, draft: FlowDraft, flow_id: str) -> None:
        document = orjson.dumps({**draft.document, "id": flow_id})
        await self.scene.store.flows.create(
            FlowId(flow_id), owner_id=ALICE.id, name=flow_id, document=document
        )

    async def started(
        self, draft: FlowDraft, options: Mapping[str, object] | None = None, flow_id: str = "V2waits"
    ) -> ExecutionId:
        await self.store_flow(draft, flow_id)
        request = ExecutionRequest(
            execution_id=ExecutionId(f"EX{next(self.ids):024}"),
            at_ms=self.scene.now_ms(),
            flow_id=FlowId(flow_id),
            options=ExecutionOptions.model_validate(options or {}),
            integration={},
            events=(),
            idempotency_key=None,
        )
        scene = self.scene
        created = await create_execution(
            request,
            ALICE,
            flows=scene.store.flows,
            executions=scene.store.executions,
            workflows=scene.workflows,
            rules=scene.rules,
        )
        await scene.store.executions.start(created)
        return created

    async def slice(self, execution_id: ExecutionId) -> Verdict:
        run = (await self.read(execution_id)).workflow_run
        return await run_slice(
            execution_id,
            run,
            outside=self.outside,
            settings=self.settings,
            plans=self.plans,
            worker_id=WorkerId("worker"),
        )

    async def read(self, execution_id: ExecutionId) -> Execution:
        return await self.scene.store.executions.read(execution_id)

    async def payloads(self, execution_id: ExecutionId, type_: str) -> list[dict[str, Any]]:
        events = await self.scene.store.event_log.read(execution_id, after=EventIndex(-2), limit=10_000)
        return [orjson.loads(event.payload) for event in events if event.type == type_]

    async def types(self, execution_id: ExecutionId) -> list[str]:
        events = await self.scene.store.event_log.read(execution_id, after=EventIndex(-2), limit=10_000)
        return [event.type for event in events]

    async def told_of_callback(self, execution_id: ExecutionId) -> None:
        """Return when viewers have been told of a first one."""
        hints: asyncio.Queue[WakeUp] = asyncio.Queue()
        self.scene.store.world.listeners.append(hints)
        while not await self.tokens(execution_id):
            await hints.get()

    async def tokens(self, execution_id: ExecutionId) -> list[str]:
        """Of the callbacks that viewers were told of, in their order."""
        opened = await self.payloads(execution_id, "callback:opened")
        return [token_of(event["values"]["callbackUrl"]) for event in opened]


def token_of(url: str) -> str:
    return urlsplit(url).path.rsplit("/", 1)[1]
