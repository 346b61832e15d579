"""Running the body of one node without an engine."""

import asyncio
import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chaingraph.errors import Rejected
from chaingraph.graph.document import load_flow
from chaingraph.graph.facilities import NO_FACILITIES, Facilities
from chaingraph.graph.node_types import CapturedNode, NodeType
from chaingraph.graph.outside import Call, Callback, CallFailed, Returned
from chaingraph.graph.secrets import KeptSecret, Secret, reference_of
from chaingraph.graph.values import initial_values
from chaingraph.ids import PortId
from chaingraph.nodes.built_in import built_in_node_types
from tests.flow_documents import flow, node


@dataclass
class FakeScope:
    """What a body may ask for; it keeps what the body did. Sleeping takes no time."""

    execution_id: str = "EXone"
    root_execution_id: str = "EXone"
    parent_execution_id: str | None = None
    flow_id: str = "V2x"
    owner_id: str = "alice"
    depth: int = 0
    node_id: str = "n"
    attempt: int = 1
    idempotency_key: str = "EXone:n"
    event_name: str | None = None
    event_payload: object = None
    integration: Mapping[str, object] = field(default_factory=dict[str, object])
    now: int = 1_767_600_000_123
    configs: Mapping[str, Mapping[str, object]] = field(default_factory=dict[str, Mapping[str, object]])
    slept: list[float] = field(default_factory=list[float])
    emitted: list[tuple[str, object]] = field(default_factory=list[tuple[str, object]])
    logged: list[str] = field(default_factory=list[str])
    resolved: list[str] = field(default_factory=list[str])
    facilities: Facilities = NO_FACILITIES
    tools: Mapping[str, CapturedNode] = field(default_factory=dict[str, CapturedNode])

    def port_config(self, port: str) -> Mapping[str, object]:
        return self.configs.get(port, {})

    def now_ms(self) -> int:
        return self.now

    async def sleep(self, seconds: float) -> float:
        self.slept.append(seconds)
        await asyncio.sleep(0)
        return seconds

    def callback(self, port: str, timeout_seconds: float = 0) -> Callback:
        raise Rejected(f"nobody answers {port} within {timeout_seconds} seconds")

    async def answer(self, callback: Callback) -> object:
        raise TimeoutError(callback.name)

    @property
    def inputs(self) -> Mapping[str, object]:
        return {}

    def call(self, flow_id: str, inputs: Mapping[str, object], key: str = "") -> Call:
        raise Rejected(f"flow {flow_id} cannot be called with {inputs} ({key})")

    async def first_ended(self, calls: Iterable[Call]) -> Mapping[Call, Returned | CallFailed]:
        return {call: Returned({}) for call in calls}

    def emit(self, name: str, payload: object) -> None:
        self.emitted.append((name, payload))

    def log(self, text: str) -> None:
        self.logged.append(text)

    def resolve(self, port: str) -> None:
        self.resolved.append(port)

    async def reveal(self, secret: object) -> Secret:
        reference = reference_of(secret)
        assert isinstance(reference, KeptSecret)
        return Secret(reference.type, await self.facilities.secrets.read(reference.name, self.owner_id))

    def captured(self, node_id: str) -> CapturedNode:
        if node_id not in self.tools:
            raise Rejected(f"no node captures {node_id}")
        return self.tools[node_id]


def ran(type_name: str, scope: FakeScope | None = None, /, **values: object) -> dict[str, Any]:
    """The values of a built-in node's ports after its body has run, from these values and the defaults."""
    definition = built_in_node_types().get(type_name)
    assert definition is not None
    return body_ran(definition, scope or FakeScope(), start_values(type_name, values))


def start_values(type_name: str, values: Mapping[str, object]) -> dict[PortId, object]:
    (found,) = load_flow(flow([node(type_name, "n")]), built_in_node_types()).nodes
    return {**initial_values(found), **{PortId(key): value for key, value in values.items()}}


def body_ran(definition: type[NodeType], scope: FakeScope, values: dict[PortId, object]) -> dict[str, Any]:
    outcome = definition(values).run(scope)
    if inspect.isawaitable(outcome):
        asyncio.run(_awaited(outcome))
    return {str(key): value for key, value in values.items()}


async def _awaited(outcome: Any) -> None:
    async with asyncio.timeout(5):
        await outcome
