"""What the body of one node sees of its run (the `Scope` of node types)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from chaingraph.engine.captured_nodes import CapturedRun, captured_node
from chaingraph.engine.node_run import NodeRun
from chaingraph.engine.run import Run
from chaingraph.errors import Rejected
from chaingraph.graph.facilities import NO_FACILITIES, Facilities
from chaingraph.graph.node_types import CapturedNode
from chaingraph.graph.secrets import KeptSecret, Secret, WrittenSecret, reference_of
from chaingraph.ids import PortId

Clock = Callable[[], int]
"""Epoch milliseconds."""

Doze = Callable[[NodeRun, int], Awaitable[None]]
"""Waits, for a node, until a time (epoch milliseconds)."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a run offers all of its bodies.

    `wrote` is called after everything that adds to the run's record, `sent` after each element of a stream
    that consumers read already.
    """

    clock: Clock
    wrote: Callable[[], None]
    sent: Callable[[], None]
    doze: Doze
    facilities: Facilities = NO_FACILITIES


class NodeScope:
    """A `Scope`."""

    __slots__ = ("_node", "_run", "_surroundings", "_waits")

    def __init__(self, run: Run, node: NodeRun, surroundings: Surroundings) -> None:
        self._run = run
        self._node = node
        self._surroundings = surroundings
        self._waits = 0

    @property
    def execution_id(self) -> str:
        return self._run.identity.execution_id

    @property
    def root_execution_id(self) -> str:
        return self._run.identity.root_id

    @property
    def parent_execution_id(self) -> str | None:
        return self._run.identity.parent_id

    @property
    def flow_id(self) -> str:
        return self._run.identity.flow_id

    @property
    def owner_id(self) -> str:
        return self._run.identity.owner_id

    @property
    def depth(self) -> int:
        return self._run.identity.depth

    @property
    def node_id(self) -> str:
        return self._node.plan.node.id

    def port_config(self, port: str) -> Mapping[str, object]:
        found = self._node.plan.node.ports.get(PortId(port))
        return {} if found is None else found.config

    @property
    def attempt(self) -> int:
        return self._node.attempt

    @property
    def idempotency_key(self) -> str:
        return f"{self.execution_id}:{self.node_id}"

    @property
    def event_name(self) -> str | None:
        event = self._run.identity.external_event
        return None if event is None else event.name

    @property
    def event_payload(self) -> object:
        event = self._run.identity.external_event
        return None if event is None else event.payload

    @property
    def integration(self) -> Mapping[str, object]:
        return self._run.identity.integration

    def now_ms(self) -> int:
        return self._surroundings.clock()

    async def sleep(self, seconds: float) -> float:
        wait = self._run.attempts.wait(
            self._node, self._waits, round(seconds * 1000), self._surroundings.clock()
        )
        self._waits += 1
        self._surroundings.wrote()
        await self._surroundings.doze(self._node, wait.wake_ms)
        return (self._surroundings.clock() - wait.began_ms) / 1000

    def emit(self, name: str, payload: object) -> None:
        self._run.spawning.emit(self._node, name, payload)

    def log(self, text: str) -> None:
        self._run.log(self._node, text, self._surroundings.clock())
        self._surroundings.wrote()

    def resolve(self, port: str) -> None:
        self._run.resolve_early(self._node, PortId(port))
        stream = self._run.chunks.watch(self._node, PortId(port), self._surroundings.clock())
        if stream is not None:
            stream.on_send = self._surroundings.sent
        self._surroundings.wrote()

    @property
    def facilities(self) -> Facilities:
        return self._surroundings.facilities

    async def reveal(self, secret: object) -> Secret:
        match reference_of(secret):
            case KeptSecret(type=type_, name=name):
                return Secret(type_, await self._surroundings.facilities.secrets.read(name, self.owner_id))
            case WrittenSecret(type=type_, node_id=node_id):
                return Secret(type_, self._run.written_secret(node_id))
            case None:
                raise Rejected("a secret was expected, from a secret node")

    def captured(self, node_id: str) -> CapturedNode:
        tool = captured_node(self._run, node_id)
        return CapturedRun(tool, lambda call: self._inside(tool, call))

    def _inside(self, tool: NodeRun, call: str) -> "ToolScope":
        return ToolScope(self._run, self._node, self._surroundings, tool, call)


class ToolScope(NodeScope):
    """What the body of a captured node sees while another node runs it: what it does is that node's doing.

    Its waits are not stored, because the body around it could not be brought back to the same place.
    """

    __slots__ = ("_call", "_tool", "words")

    def __init__(
        self, run: Run, caller: NodeRun, surroundings: Surroundings, tool: NodeRun, call: str
    ) -> None:
        super().__init__(run, caller, surroundings)
        self._tool = tool
        self._call = call
        self.words: list[str] = []

    @property
    def node_id(self) -> str:
        return self._tool.plan.node.id

    @property
    def idempotency_key(self) -> str:
        return f"{self.execution_id}:{self._node.plan.node.id}:{self._call}"

    def port_config(self, port: str) -> Mapping[str, object]:
        found = self._tool.plan.node.ports.get(PortId(port))
        return {} if found is None else found.config

    async def sleep(self, seconds: float) -> float:
        began_ms = self.now_ms()
        await asyncio.sleep(seconds)
        return (self.now_ms() - began_ms) / 1000

    def resolve(self, port: str) -> None:
        """Nobody waits for it."""

    async def reveal(self, secret: object) -> Secret:
        revealed = await super().reveal(secret)
        self.words.extend(word.strip() for word in revealed.fields.values())
        return revealed
