"""The debugger over both APIs: what a client sends, what it is told, and what the engine is ordered."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
import pytest

from chaingraph.execution.commands import CommandKind
from chaingraph.execution.execution import Execution
from chaingraph.execution.options import Limits
from chaingraph.execution.status import Status
from chaingraph.graph.document import load_flow
from chaingraph.ids import ExecutionId, FlowId
from chaingraph.nodes.built_in import built_in_node_types
from chaingraph.usecases.checked_flows import CheckedFlows
from chaingraph.usecases.create_execution import CreationRules
from tests.functions.api import HERE, Api, call
from tests.scene import ALICE, Scene
from tests.sketched_flows import chain_of_sleeps

pytestmark = pytest.mark.anyio

FLOW = FlowId("V2naps")
ROUTES = {
    "create": "POST /v1/executions",
    "getDebuggerState": "GET /v1/executions/{executionId}/debugger",
    "addBreakpoint": "PUT /v1/executions/{executionId}/breakpoints/{nodeId}",
    "removeBreakpoint": "DELETE /v1/executions/{executionId}/breakpoints/{nodeId}",
    "step": "POST /v1/executions/{executionId}/step",
    "pause": "POST /v1/executions/{executionId}/pause",
    "resume": "POST /v1/executions/{executionId}/resume",
    "stop": "POST /v1/executions/{executionId}/stop",
}

Ask = Callable[..., Awaitable[Any]]
"""Call a procedure; answers its result, or the code of its refusal."""


@dataclass
class Client:
    """`ask` over one of the APIs."""

    api: Api
    ask: Ask
    execution_id: ExecutionId = field(default=ExecutionId(""))

    async def create(self, **options: object) -> None:
        found = await self.ask("create", flowId=FLOW, options=options)
        self.execution_id = ExecutionId(found["executionId"])

    async def told(self, procedure: str, **fields: object) -> Any:
        return await self.ask(procedure, executionId=self.execution_id, **fields)

    @property
    def row(self) -> Execution:
        return self.api.scene.store.world.records[self.execution_id].execution

    def stands(self, status: Status, **waiting: str) -> None:
        """Put it there, as the engine would have."""
        record = self.api.scene.store.world.records[self.execution_id]
        record.execution = replace(record.execution, status=status, waiting=waiting or None)


def over_websocket(api: Api) -> Ask:
    async def ask(procedure: str, **fields: object) -> Any:
        method = "query" if procedure.startswith("get") else "mutation"
        answer = await api.send(call(procedure, 1, method, **fields))
        if "error" in answer:
            return answer["error"]["json"]["data"]["code"]
        return answer["result"]["data"]["json"]

    return ask


def over_http(api: Api) -> Ask:
    async def ask(procedure: str, **fields: object) -> Any:
        route = ROUTES[procedure]
        named = {name: str(fields.pop(name)) for name in ("executionId", "nodeId") if f"{{{name}}}" in route}
        body = fields if route.startswith("POST") else None
        answer = await api.http(route, named, body=body)
        return answer.json["error"]["code"] if answer.status >= 400 else answer.json

    return ask


@pytest.fixture(params=[over_websocket, over_http])
async def client(request: pytest.FixtureRequest) -> Client:
    naps = orjson.dumps(chain_of_sleeps(2, 1))
    checked = CheckedFlows(lambda text: load_flow(text, built_in_node_types()))
    api = Api(Scene(rules=CreationRules(checked, Limits(), 10, start_timeout_seconds=60)))
    await api.scene.store.flows.create(FLOW, owner_id=ALICE.id, name="Naps", document=naps)
    await api.scene.store.connections.add(HERE, user=ALICE, announces_identity=False)
    return Client(api, request.param(api))


async def test_breakpoints_are_given_at_create_and_changed_while_it_runs(client: Client) -> None:
    await client.create(breakpoints=["s1"])

    assert await client.told("addBreakpoint", nodeId="s2") == {"success": True}
    assert await client.told("removeBreakpoint", nodeId="s1") == {"success": True}

    assert await client.told("getDebuggerState") == {
        "isPaused": False,
        "currentNode": None,
        "breakpoints": ["s2"],
    }


async def test_a_breakpoint_is_at_a_node_of_the_flow(client: Client) -> None:
    assert await client.ask("create", flowId=FLOW, options={"breakpoints": ["none"]}) == "BAD_REQUEST"
    await client.create()

    assert await client.told("addBreakpoint", nodeId="none") == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("fields", "kind"),
    [({}, CommandKind.STEP), ({"mode": "wave"}, CommandKind.STEP), ({"mode": "node"}, CommandKind.STEP_OVER)],
)
async def test_a_paused_execution_is_stepped(
    client: Client, fields: dict[str, str], kind: CommandKind
) -> None:
    await client.create()
    client.stands(Status.PAUSED)

    assert await client.told("step", **fields) == {"success": True}

    command = client.row.command
    assert command is not None
    assert command.kind is kind


@pytest.mark.parametrize("status", [Status.CREATED, Status.RUNNING, Status.COMPLETED])
async def test_only_a_paused_execution_is_stepped(client: Client, status: Status) -> None:
    await client.create()
    client.stands(status)

    assert await client.told("step") in ("BAD_REQUEST", "WRONG_STATUS", "CONFLICT")


async def test_a_stopped_execution_at_a_breakpoint_says_where(client: Client) -> None:
    await client.create(breakpoints=["s2"])
    client.stands(Status.PAUSED, kind="breakpoint", detail="s2")

    state = await client.told("getDebuggerState")

    assert (state["isPaused"], state["currentNode"], state["breakpoints"]) == (True, "s2", ["s2"])
