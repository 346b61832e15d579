"""Events that nodes emit, and the child executions that run for them."""

from collections.abc import Collection, Iterable, Mapping

import orjson

from chaingraph.engine.identity import RunIdentity, TreeLimits
from chaingraph.engine.node_run import NodeRun
from chaingraph.engine.recorder import Child, Recorder
from chaingraph.errors import Rejected
from chaingraph.execution.events import EventType
from chaingraph.execution.options import SpawnChildren
from chaingraph.graph.texts import well_formed
from chaingraph.graph.values import plain_form
from chaingraph.ids import ExecutionId, child_execution_id


class Spawning:
    """A child is spawned when its emitter has ended; after the graph, where the options say so."""

    def __init__(
        self, identity: RunIdentity, timing: SpawnChildren, limits: TreeLimits, recorder: Recorder
    ) -> None:
        self.count = 0
        self._identity = identity
        self._timing = timing
        self._limits = limits
        self._recorder = recorder
        self._held: list[Child] = []

    def emit(self, node: NodeRun, name: str, payload: object) -> None:
        """Keep an event until its node ends. Raises Rejected over a limit of the tree, and for no JSON."""
        event = well_formed(str(name)), plain_form(payload)
        self.make_room()
        node.emitted.append(event)

    def make_room(self) -> None:
        """For one child more. Raises Rejected over a limit of the tree."""
        depth = self._identity.depth + 1
        if depth > self._limits.max_depth:
            raise Rejected(f"Maximum execution depth exceeded: {depth}")
        if self.count >= self._limits.max_children:
            raise Rejected(f"Maximum number of child executions exceeded: {self._limits.max_children}")
        self.count += 1

    def spawn_called(self, child: Child, caller: NodeRun, now_ms: int) -> None:
        """A child that returns values to its caller; at once, because the caller waits for it."""
        flow_id = None if child.call is None else child.call.flow_id
        self._spawn_one(child, {"nodeId": caller.plan.node.id, "flowId": flow_id}, now_ms)

    def take_back(self, node: NodeRun) -> None:
        """Its body runs again, and emits again."""
        self.count -= len(node.emitted)
        node.emitted.clear()

    def node_ended(self, node: NodeRun, now_ms: int) -> None:
        if not node.emitted:
            return
        if self._timing is SpawnChildren.AT_END:
            self._held += self._children_of(node)
        else:
            self._spawn(self._children_of(node), now_ms)

    def restore(self, nodes: Iterable[NodeRun], spawned: Collection[ExecutionId]) -> None:
        """What these nodes had emitted: count it, and hold what has not been spawned yet."""
        for node in nodes:
            self.count += len(node.emitted)
            self._held += [child for child in self._children_of(node) if child.id not in spawned]

    def release(self, now_ms: int) -> None:
        """The graph has ended: spawn what was held back."""
        self._spawn(self._held, now_ms)
        self._held = []

    def _children_of(self, node: NodeRun) -> list[Child]:
        return [
            Child(child_execution_id(self._identity.execution_id, node.plan.node.id, ordinal), name, payload)
            for ordinal, (name, payload) in enumerate(node.emitted)
        ]

    def _spawn(self, children: Iterable[Child], now_ms: int) -> None:
        for child in children:
            self._spawn_one(child, {}, now_ms)

    def _spawn_one(self, child: Child, of_call: Mapping[str, object], now_ms: int) -> None:
        payload = {
            "parentExecutionId": self._identity.execution_id,
            "childExecutionId": child.id,
            "rootExecutionId": self._identity.root_id,
            "eventName": child.event_name,
            "eventData": child.payload,
            **of_call,
        }
        self._recorder.event(EventType.CHILD_SPAWNED, orjson.dumps(payload), now_ms)
        self._recorder.child(child)
