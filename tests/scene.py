"""A system of fakes with users and flows in it, for tests of use cases and functions."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from chaingraph.execution.execution import ExternalEvent
from chaingraph.execution.options import ExecutionOptions, Limits
from chaingraph.graph.document import load_flow
from chaingraph.graph.flow import Flow
from chaingraph.graph.node_types import NodeTypes
from chaingraph.ids import ExecutionId, FlowId, TaskToken, UserId, WorkflowRun
from chaingraph.interfaces import StoredFlow, User
from chaingraph.usecases.checked_flows import CheckedFlows
from chaingraph.usecases.command_execution import Post
from chaingraph.usecases.create_execution import CreationRules, ExecutionRequest, create_execution
from chaingraph.usecases.slices import Outside
from tests.fakes.posts import FakePosts
from tests.fakes.store import FakeStore, fake_store
from tests.fakes.workflows import FakeWorkflows

ALICE = User(UserId("alice"), is_admin=False)
BOB = User(UserId("bob"), is_admin=False)
ADMIN = User(UserId("root"), is_admin=True)

FLOW = FlowId("V2flow")
AT_MS = 1_767_225_600_000


def document(flow_id: str = FLOW, **metadata: object) -> bytes:
    """A flow without nodes: it is valid, and runs."""
    return orjson.dumps({"id": flow_id, "metadata": {"name": "Test", **metadata}, "nodes": [], "edges": []})


def load(text: bytes) -> Flow:
    return load_flow(text, NodeTypes({}))


def rules(max_children: int = 100) -> CreationRules:
    return CreationRules(CheckedFlows(load), Limits(), max_children, start_timeout_seconds=60)


def execution_request(
    execution_id: str = "EX1",
    *,
    options: Mapping[str, object] | None = None,
    events: tuple[ExternalEvent, ...] = (),
    key: str | None = None,
    integration: Mapping[str, object] | None = None,
) -> ExecutionRequest:
    return ExecutionRequest(
        execution_id=ExecutionId(execution_id),
        at_ms=AT_MS,
        flow_id=FLOW,
        options=ExecutionOptions.model_validate(options or {}),
        integration=integration or {},
        events=events,
        idempotency_key=key,
    )


@dataclass(slots=True)
class Scene:
    store: FakeStore = field(default_factory=fake_store)
    workflows: FakeWorkflows = field(default_factory=FakeWorkflows)
    posts: FakePosts = field(default_factory=FakePosts)
    rules: CreationRules = field(default_factory=rules)

    @property
    def post(self) -> Post:
        return Post(self.store.executions, self.store.mailbox, self.workflows)

    @property
    def outside(self) -> Outside:
        store = self.store
        return Outside(
            runs=store.runs,
            executions=store.executions,
            event_log=store.event_log,
            mailbox=store.mailbox,
            queue=store.queue,
            workflows=self.workflows,
            clock=self.now_ms,
        )

    def now_ms(self) -> int:
        return int(self.store.world.clock.now().timestamp() * 1000)

    async def flow(self, flow_id: str = FLOW, owner: User = ALICE) -> StoredFlow:
        return await self.store.flows.create(
            FlowId(flow_id), owner_id=owner.id, name="Test", document=document(flow_id)
        )

    async def create(self, request: ExecutionRequest | None = None, user: User = ALICE) -> ExecutionId:
        return await create_execution(
            request or execution_request(),
            user,
            flows=self.store.flows,
            executions=self.store.executions,
            workflows=self.workflows,
            rules=self.rules,
        )

    async def wait(self, token: str, execution_id: ExecutionId, run: int = 1) -> TaskToken:
        """A task of the execution's workflow waits, and its token is kept."""
        kept = TaskToken(token)
        self.workflows.wait(kept, execution_id, WorkflowRun(run))
        await self.store.mailbox.keep(kept, execution_id, WorkflowRun(run))
        return kept


async def scene_with_flow() -> Scene:
    scene = Scene()
    await scene.flow()
    return scene


async def scene_with_execution() -> tuple[Scene, ExecutionId]:
    scene = await scene_with_flow()
    return scene, await scene.create()
