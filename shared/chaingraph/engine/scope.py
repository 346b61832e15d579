"""What the body of one node sees of its run (the `Scope` of node types)."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

from chaingraph.engine.bodies import wait_ms
from chaingraph.engine.captured_nodes import CapturedRun, captured_node
from chaingraph.engine.dozing import Wanted
from chaingraph.engine.node_run import NodeRun
from chaingraph.engine.outcomes import WaitsFor
from chaingraph.engine.run import Run
from chaingraph.errors import Rejected
from chaingraph.execution.callbacks import Answer, Answered, CallbackUrls, Expired, OpenCallback
from chaingraph.graph.facilities import NO_FACILITIES, Facilities
from chaingraph.graph.node_types import CapturedNode
from chaingraph.graph.outside import Call, Callback, CallFailed, Returned
from chaingraph.graph.secrets import KeptSecret, Secret, WrittenSecret, reference_of
from chaingraph.graph.values import copied
from chaingraph.ids import CallbackName, ExecutionId, FlowId, PortId

_SENDABLE = " !\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~"

Clock = Callable[[], int]
"""Epoch milliseconds."""

Doze = Callable[[NodeRun, Wanted], Awaitable[None]]
"""Waits, for a node, until what it wants is there or the time has come."""


class OutsideWorld(Protocol):
    """Whoever is outside of the run, and may be waited for."""

    @property
    def callback_urls(self) -> CallbackUrls:
        """Raises Rejected where nobody can call back."""
        ...

    def check_callable(self, flow_id: FlowId) -> None:
        """Raises Rejected for a flow that was not pinned when the execution was created."""
        ...

    async def expire(self, name: CallbackName) -> Answer:
        """Let nobody answer this callback any more; answers what has come before, if something has."""
        ...


class _NobodyOutside:
    def check_callable(self, flow_id: FlowId) -> None:
        raise Rejected(f"flow {flow_id} cannot be called here")

    @property
    def callback_urls(self) -> CallbackUrls:
        raise Rejected("nobody can call back here")

    async def expire(self, name: CallbackName) -> Answer:  # noqa: ARG002 - part of the protocol
        return Expired()


NOBODY_OUTSIDE = _NobodyOutside()


def sendable(key: str) -> str:
    """The key as a header can hold it: ids of nodes may have any letters. Different keys stay different."""
    return quote(key, safe=_SENDABLE)


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
    outside: OutsideWorld = NOBODY_OUTSIDE


class NodeScope:
    """A `Scope`."""

    __slots__ = ("_callbacks", "_node", "_run", "_surroundings", "_waits")

    def __init__(self, run: Run, node: NodeRun, surroundings: Surroundings) -> None:
        self._run = run
        self._node = node
        self._surroundings = surroundings
        self._waits = 0
        self._callbacks = 0

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
        return sendable(f"{self.execution_id}:{self.node_id}")

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
        wait = self._run.attempts.wait(self._node, self._waits, wait_ms(seconds), self._surroundings.clock())
        self._waits += 1
        self._surroundings.wrote()
        await self._surroundings.doze(self._node, Wanted(WaitsFor.TIME, wait.wake_ms))
        return (self._surroundings.clock() - wait.began_ms) / 1000

    def callback(self, port: str, timeout_seconds: float = 0) -> Callback:
        until_ms = round(self.now_ms() + timeout_seconds * 1000) if timeout_seconds > 0 else None
        urls, callbacks = self._surroundings.outside.callback_urls, self._run.callbacks
        wanted = OpenCallback("", PortId(port), until_ms)
        opened = callbacks.open(self._node, self._callbacks, wanted, urls.new_secret)
        self._callbacks += 1
        self._surroundings.wrote()
        address = callbacks.address(self._node, opened)
        return Callback(urls.url(address), opened.until_ms, address.name)

    async def answer(self, callback: Callback) -> object:
        known, name = self._run.callbacks.answers, CallbackName(callback.name)
        if name not in known:
            self._run.callbacks.show(self._node, name, self.now_ms())
            self._surroundings.wrote()
            wanted = Wanted(WaitsFor.CALLBACK, callback.until_ms, lambda: name in known)
            await self._surroundings.doze(self._node, wanted)
        if name not in known:
            self._run.callbacks.deliver({name: await self._surroundings.outside.expire(name)})
        match known[name]:
            case Answered(payload=payload):
                return copied(payload)
            case Expired():
                raise TimeoutError("nobody has answered in time")

    @property
    def inputs(self) -> Mapping[str, object]:
        return self._run.identity.inputs

    def call(self, flow_id: str, inputs: Mapping[str, object], key: str = "") -> Call:
        self._surroundings.outside.check_callable(FlowId(flow_id))
        opened = self._run.calls.call(self._node, key, FlowId(flow_id), dict(inputs), self.now_ms())
        self._surroundings.wrote()
        return Call(key, opened.child_id)

    async def first_ended(self, calls: Iterable[Call]) -> Mapping[Call, Returned | CallFailed]:
        wanted, ends = tuple(calls), self._run.calls.ends
        await self._surroundings.doze(
            self._node,
            Wanted(WaitsFor.CHILDREN, None, lambda: any(call.execution_id in ends for call in wanted)),
        )
        now_ms = self.now_ms()
        found = {
            call: self._run.calls.end_of(self._node, ExecutionId(call.execution_id), now_ms)
            for call in wanted
            if call.execution_id in ends
        }
        self._surroundings.wrote()
        return found

    def emit(self, name: str, payload: object) -> None:
        self._node.check_running()
        self._run.spawning.emit(self._node, name, payload)

    def log(self, text: str) -> None:
        self._node.check_running()
        self._run.log(self._node, text, self._surroundings.clock())
        self._surroundings.wrote()

    def resolve(self, port: str) -> None:
        self._node.check_running()
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
        return sendable(f"{self.execution_id}:{self._node.plan.node.id}:{self._call}")

    def port_config(self, port: str) -> Mapping[str, object]:
        found = self._tool.plan.node.ports.get(PortId(port))
        return {} if found is None else found.config

    async def sleep(self, seconds: float) -> float:
        began_ms = self.now_ms()
        await asyncio.sleep(wait_ms(seconds) / 1000)
        return (self.now_ms() - began_ms) / 1000

    def callback(self, port: str, timeout_seconds: float = 0) -> Callback:  # noqa: ARG002 - as a scope has it
        raise Rejected("a node that is used as a tool cannot wait for an answer from outside")

    def call(self, flow_id: str, inputs: Mapping[str, object], key: str = "") -> Call:  # noqa: ARG002 - likewise
        raise Rejected(f"a node that is used as a tool cannot call flow {flow_id}")

    def resolve(self, port: str) -> None:
        """Nobody waits for it."""

    async def reveal(self, secret: object) -> Secret:
        revealed = await super().reveal(secret)
        self.words.extend(word.strip() for word in revealed.fields.values())
        return revealed
