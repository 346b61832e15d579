"""One run of a flow: decides what starts, folds starts and ends of nodes into run state and record."""

from collections import deque
from collections.abc import Collection, Iterable

import orjson

from chaingraph.engine.binding import runnable_nodes
from chaingraph.engine.checkpoint import (
    EndPayload,
    encoded_end,
    encoded_inputs,
    end_of,
    ended_result,
    restore_node,
    started_result,
)
from chaingraph.engine.identity import RunIdentity, TreeLimits
from chaingraph.engine.node_run import NodeRun, Phase, Wait
from chaingraph.engine.plan import Link, Plan
from chaingraph.engine.recorder import Child, Recorder
from chaingraph.engine.transfers import transfer
from chaingraph.errors import Rejected
from chaingraph.execution.events import EventType
from chaingraph.execution.options import ExecutionOptions, OnNodeFailure, SpawnChildren
from chaingraph.execution.results import LoadedResult, ResultStatus
from chaingraph.graph.flow import Direction
from chaingraph.graph.streams import Stream
from chaingraph.ids import ExecutionId, NodeId, PortId, child_execution_id

UNRESOLVED = "there are unresolved input ports"
TRANSFER_FAILED = "edge transfer failed"
SWITCHED_OFF = "node skipped because shouldExecute returned false"
NEVER_READY = "upstream not resolved"
MOST_CUTS = 1

STATUS_OF = {
    ResultStatus.COMPLETED: "completed",
    ResultStatus.FAILED: "error",
    ResultStatus.SKIPPED: "skipped",
}


class Run:
    """Every method is one decision: it takes its time (epoch ms) and leaves its effects in `recorder`."""

    def __init__(
        self,
        plan: Plan,
        *,
        identity: RunIdentity,
        options: ExecutionOptions,
        limits: TreeLimits,
        recorder: Recorder,
    ) -> None:
        self.plan = plan
        self.identity = identity
        self.options = options
        self.limits = limits
        self.recorder = recorder
        self.nodes = tuple(NodeRun(node) for node in plan.nodes)
        self.queue: deque[NodeRun] = deque()
        self.running = 0
        self.child_count = 0
        self.unhandled: tuple[NodeId, str] | None = None
        self._resolved = bytearray(len(plan.waiting))
        self._held_children: list[Child] = []
        event = identity.external_event
        allowed = runnable_nodes(plan.flow, None if event is None else event.name)
        for node in self.nodes:
            if node.plan.node.id not in allowed:
                node.phase = Phase.EXCLUDED

    # ------------------------------------------------------------ start and end of the run

    def begin(self, now_ms: int) -> None:
        """A new run: `flow:started`, then the nodes that nothing has to come before."""
        self.recorder.event(EventType.FLOW_STARTED, b"{}", now_ms)
        self._settle_excluded()
        self._queue_first()
        for node in self.queue:
            self._status_event(node, b"idle", "initialized", now_ms)

    def restore(self, results: Iterable[LoadedResult], spawned: Collection[ExecutionId]) -> None:
        """Go on from stored results: what had ended stays ended, what had started runs again.

        `spawned`: the child executions that exist already.
        """
        nodes = {node.plan.node.id: node for node in self.nodes}
        self._settle_excluded()
        ended = [self._restored(nodes[result.node_id], result) for result in sorted(results, key=end_of)]
        self._queue_first()
        for node in ended:
            if node.phase is Phase.ENDED:
                self._restore_end(node)
        # What had started before goes on before anything new starts.
        self.queue = deque(sorted(self.queue, key=lambda node: node.ready_links is None))
        children = (child for node in ended for child in self._children_of(node))
        self._held_children = [child for child in children if child.id not in spawned]

    def _restored(self, node: NodeRun, result: LoadedResult) -> NodeRun:
        restore_node(node, result)
        if result.status is ResultStatus.STARTED:
            node.status, node.ready_links = "executing", node.chosen
        else:
            node.status, node.phase = STATUS_OF[result.status], Phase.ENDED
        return node

    @property
    def is_finished(self) -> bool:
        return self.running == 0 and not self.queue

    def complete_flow(self, active_ms: int, now_ms: int) -> None:
        """The regular end: report the nodes that never became ready, then the final event."""
        for node in self.nodes:
            if node.phase == Phase.IDLE:
                self._skipped_event(node, NEVER_READY, now_ms)
        self.recorder.event(EventType.FLOW_COMPLETED, b'{"executionTime":%d}' % active_ms, now_ms)

    def fail_flow(self, message: str, active_ms: int, now_ms: int) -> None:
        """Fail what still runs, then the flow."""
        self._fail_running(message, now_ms)
        payload = {"error": {"name": "Error", "message": message}, "executionTime": active_ms}
        self.recorder.event(EventType.FLOW_FAILED, orjson.dumps(payload), now_ms)

    def cancel_flow(self, reason: str, active_ms: int, now_ms: int) -> None:
        """Fail what still runs, then cancel the flow."""
        self._fail_running(reason, now_ms)
        payload = {"reason": reason, "executionTime": active_ms}
        self.recorder.event(EventType.FLOW_CANCELLED, orjson.dumps(payload), now_ms)

    def release_children(self, now_ms: int) -> None:
        """Spawn the children that were held back until the graph had ended."""
        for child in self._held_children:
            self._spawn_event(child, now_ms)
        self._held_children = []

    # ------------------------------------------------------------ nodes

    def take(self, now_ms: int) -> NodeRun | None:
        """Start the next ready node whose body has to run; None when nothing may start now."""
        while self.queue and self.running < self.options.execution.max_concurrency:
            node = self.queue.popleft()
            if self._start(node, now_ms):
                return node
        return None

    def complete(self, node: NodeRun, now_ms: int) -> None:
        """The body returned. A value that cannot be stored fails the node."""
        node.system[1] = True
        try:
            end = encoded_end(node)
        except Rejected as refusal:
            self.fail(node, refusal.message, now_ms)
            return
        self._resolve_all(node.plan.outputs)
        self._resolve_all(node.plan.capture_outputs)
        self._end(node, ResultStatus.COMPLETED, end, now_ms)
        self._spawn(node, now_ms)

    def fail(self, node: NodeRun, message: str, now_ms: int) -> None:
        """The body raised, or was cancelled."""
        node.system[1:] = [False, True, message]
        node.error = message
        node.drop_unstorable()
        _fail_streams(node, message)
        self._resolve_all(node.plan.error_outputs)
        self._end(node, ResultStatus.FAILED, encoded_end(node), now_ms)
        self._spawn(node, now_ms)
        self.recorder.error()
        if not node.plan.error_outputs and self.unhandled is None:
            self.unhandled = (node.plan.node.id, message)

    @property
    def must_fail(self) -> bool:
        """An unhandled failure ends the run, by its options."""
        return self.unhandled is not None and self.options.on_node_failure is OnNodeFailure.FAIL

    def resolve_early(self, node: NodeRun, port: PortId) -> None:
        """The body lets the consumers of one of its ports start while it goes on."""
        if port not in node.plan.node.ports:
            raise Rejected(f"node {node.plan.node.id} has no port {port} to resolve")
        node.resolved_early.append(port)
        for output in (number for name, number in node.plan.output_numbers.items() if _is_part(name, port)):
            self._resolve(output)

    def log(self, node: NodeRun, text: str, now_ms: int) -> None:
        payload = b'{"nodeId":' + node.plan.id_json + b',"log":' + orjson.dumps(text) + b"}"
        self.recorder.event(EventType.NODE_DEBUG_LOG, payload, now_ms)

    def wait(self, node: NodeRun, ordinal: int, milliseconds: int, now_ms: int) -> Wait:
        """The body's wait of that number: begun now, or the one that an earlier slice has begun."""
        if ordinal == len(node.waits):
            node.waits.append(Wait(now_ms, now_ms + milliseconds))
            self.recorder.result(started_result(node))
        return node.waits[ordinal]

    def leave_bodies(self, now_ms: int) -> None:
        """The slice ends while bodies wait: keep the time they have used."""
        for node in self._started():
            node.earlier_ms += now_ms - node.picked_at_ms
            self.recorder.result(started_result(node))

    def cut_bodies(self, waiting: Collection[NodeRun], slice_ms: int, now_ms: int) -> None:
        """The slice is out of time: a body that is cut off for the second time will never be done."""
        for node in self._started():
            node.cuts += node not in waiting
            if node.cuts > MOST_CUTS:
                self.fail(node, f"needs longer than a slice ({slice_ms // 1000} s)", now_ms)
        self.queue.clear()
        self.leave_bodies(now_ms)

    def _started(self) -> list[NodeRun]:
        return [node for node in self.nodes if node.phase is Phase.STARTED]

    def emit(self, node: NodeRun, name: str, payload: object) -> None:
        """Keep an event; its child is spawned when the node ends. Raises Rejected over a limit."""
        if self.identity.depth >= self.limits.max_depth:
            raise Rejected(f"Maximum execution depth exceeded: {self.identity.depth + 1}")
        if self.child_count >= self.limits.max_children:
            raise Rejected(f"Maximum number of child executions exceeded: {self.limits.max_children}")
        self.child_count += 1
        node.emitted.append((name, payload))

    # ------------------------------------------------------------ starting

    def _start(self, node: NodeRun, now_ms: int) -> bool:
        """Everything before the body; False: the node has ended without one."""
        node.phase, node.picked_at_ms = Phase.STARTED, now_ms
        self.running += 1
        node.attempt += 1
        if node.ready_links is not None:
            return self._start_again(node, now_ms)
        node.load_values()
        if not node.should_execute() and not node.plan.has_execute_edge:
            return self._pass_by(node, now_ms)
        links = self._choose(node)
        if links is None:
            return self._skip(node, UNRESOLVED, now_ms)
        self._change_status(node, "executing", now_ms)
        self.recorder.event(EventType.NODE_STARTED, b'{"nodeId":' + node.plan.id_json + b"}", now_ms)
        if not self._transfer(node, links, now_ms):
            return self._skip(node, TRANSFER_FAILED, now_ms)
        return self._start_body(node, now_ms)

    def _start_again(self, node: NodeRun, now_ms: int) -> bool:
        """A node of an earlier slice: same inputs, no event twice; streams from their producer."""
        for link in node.chosen:
            if link.root is not None and link.root.kind in ("stream", "any"):
                transfer(link, self.nodes[link.source], node)
        return self._start_body(node, now_ms)

    def _start_body(self, node: NodeRun, now_ms: int) -> bool:
        if node.plan.is_captured:
            self.complete(node, now_ms)
            return False
        if not node.should_execute():
            return self._skip(node, SWITCHED_OFF, now_ms)
        if not node.plan.runs_inline:
            node.inputs = encoded_inputs(node)
            self.recorder.result(started_result(node))
        return True

    def _pass_by(self, node: NodeRun, now_ms: int) -> bool:
        """Switched off by its stored value: all edges are transferred, then it is skipped."""
        transferred = self._transfer(node, node.plan.incoming, now_ms)
        return self._skip(node, SWITCHED_OFF if transferred else TRANSFER_FAILED, now_ms)

    def _choose(self, node: NodeRun) -> tuple[Link, ...] | None:
        """For every wired port the first edge whose source is resolved; None when a port has none."""
        resolved, chosen = self._resolved, list[Link]()
        for slot in node.plan.slots:
            link = next((link for link in slot if resolved[link.output]), None)
            if link is None:
                return None
            chosen.append(link)
        return tuple(chosen)

    def _transfer(self, node: NodeRun, links: tuple[Link, ...], now_ms: int) -> bool:
        node.chosen = links
        succeeded = True
        for link in links:
            problem = transfer(link, self.nodes[link.source], node)
            if problem is None:
                self.recorder.event(EventType.EDGE_TRANSFER_COMPLETED, link.transferred + b"0}", now_ms)
            else:
                succeeded = False
                payload = {"edgeId": link.edge.id, "error": {"name": "Error", "message": problem}}
                self.recorder.event(EventType.EDGE_TRANSFER_FAILED, orjson.dumps(payload), now_ms)
        return succeeded

    # ------------------------------------------------------------ ending

    def _end(self, node: NodeRun, status: ResultStatus, end: EndPayload, now_ms: int) -> None:
        self._change_status(node, STATUS_OF[status], now_ms)
        payload = b'{"nodeId":' + node.plan.id_json
        if status is ResultStatus.FAILED:
            payload += b',"error":{"name":"Error","message":' + orjson.dumps(node.error) + b"}"
        payload += b',"executionTime":%d' % (now_ms - node.picked_at_ms + node.earlier_ms)
        kind = EventType.NODE_COMPLETED if status is ResultStatus.COMPLETED else EventType.NODE_FAILED
        self.recorder.event(kind, payload + end.values + end.system + b"}", now_ms)
        self.recorder.result(ended_result(node, status, end, self.recorder.next_index))
        self._leave(node)

    def _skip(self, node: NodeRun, reason: str, now_ms: int) -> bool:
        self._change_status(node, "skipped", now_ms)
        self._skipped_event(node, reason, now_ms)
        end = encoded_end(node)
        self.recorder.result(ended_result(node, ResultStatus.SKIPPED, end, self.recorder.next_index))
        self._leave(node)
        return False

    def _leave(self, node: NodeRun) -> None:
        node.phase = Phase.ENDED
        self.running -= 1
        self._child_ended(node)

    def _child_ended(self, node: NodeRun) -> None:
        if node.plan.parent is None:
            return
        parent = self.nodes[node.plan.parent]
        parent.children_left -= 1
        if parent.children_left == 0 and not parent.plan.slots:
            self._enqueue(parent)

    def _fail_running(self, message: str, now_ms: int) -> None:
        self.queue.clear()
        for node in self.nodes:
            if node.phase == Phase.STARTED or (node.phase != Phase.ENDED and node.ready_links is not None):
                self.running += node.phase != Phase.STARTED
                self.fail(node, message, now_ms)
                self.queue.clear()

    def _spawn(self, node: NodeRun, now_ms: int) -> None:
        for child in self._children_of(node):
            if self.options.spawn_children is SpawnChildren.AT_END:
                self._held_children.append(child)
            else:
                self._spawn_event(child, now_ms)

    def _children_of(self, node: NodeRun) -> list[Child]:
        return [
            Child(child_execution_id(self.identity.execution_id, node.plan.node.id, ordinal), name, payload)
            for ordinal, (name, payload) in enumerate(node.emitted)
        ]

    def _spawn_event(self, child: Child, now_ms: int) -> None:
        payload = {
            "parentExecutionId": self.identity.execution_id,
            "childExecutionId": child.id,
            "rootExecutionId": self.identity.root_id,
            "eventName": child.event_name,
            "eventData": child.payload,
        }
        self.recorder.event(EventType.CHILD_SPAWNED, orjson.dumps(payload), now_ms)
        self.recorder.child(child)

    # ------------------------------------------------------------ readiness

    def _queue_first(self) -> None:
        for node in self.nodes:
            if node.phase == Phase.IDLE and self._is_ready(node) and not node.children_left:
                self._enqueue(node)

    def _settle_excluded(self) -> None:
        """Nodes that may not run count as finished for their group, and resolve nothing."""
        for node in self.nodes:
            if node.phase == Phase.EXCLUDED and not node.plan.slots and not node.plan.child_count:
                self._child_ended(node)

    def _is_ready(self, node: NodeRun) -> bool:
        if node.ready_links is not None:
            return all(self._resolved[link.output] for link in node.ready_links)
        return not node.unsatisfied

    def _enqueue(self, node: NodeRun) -> None:
        if node.phase == Phase.IDLE:
            node.phase = Phase.QUEUED
            self.queue.append(node)

    def _resolve_all(self, outputs: Iterable[int]) -> None:
        for output in outputs:
            self._resolve(output)

    def _resolve(self, output: int) -> None:
        if self._resolved[output]:
            return
        self._resolved[output] = 1
        for position, slot in self.plan.waiting[output]:
            node = self.nodes[position]
            if not node.satisfied[slot]:
                node.satisfied[slot] = True
                node.unsatisfied -= 1
            if node.phase == Phase.IDLE and self._is_ready(node):
                self._enqueue(node)

    def _restore_end(self, node: NodeRun) -> None:
        if node.status == "completed":
            self._resolve_all(node.plan.outputs)
            self._resolve_all(node.plan.capture_outputs)
        elif node.status == "error":
            self._resolve_all(node.plan.error_outputs)
            if not node.plan.error_outputs and self.unhandled is None:
                self.unhandled = (node.plan.node.id, node.error or "")
        self.child_count += len(node.emitted)
        self._child_ended(node)

    # ------------------------------------------------------------ events

    def _change_status(self, node: NodeRun, status: str, now_ms: int) -> None:
        self._status_event(node, node.status.encode(), status, now_ms)
        node.status = status

    def _status_event(self, node: NodeRun, old: bytes, new: str, now_ms: int) -> None:
        payload = b'{"nodeId":%b,"oldStatus":"%b","newStatus":"%b"}' % (node.plan.id_json, old, new.encode())
        self.recorder.event(EventType.NODE_STATUS_CHANGED, payload, now_ms)

    def _skipped_event(self, node: NodeRun, reason: str, now_ms: int) -> None:
        payload = b'{"nodeId":' + node.plan.id_json + b',"reason":' + orjson.dumps(reason) + b"}"
        self.recorder.event(EventType.NODE_SKIPPED, payload, now_ms)


def _is_part(port: PortId, root: PortId) -> bool:
    return port == root or port.startswith((f"{root}.", f"{root}["))


def _fail_streams(node: NodeRun, message: str) -> None:
    """Readers of a failed producer end with its error instead of waiting for ever."""
    for port_id, port in node.plan.node.ports.items():
        value = node.values.get(port_id)
        if port.direction is Direction.OUTPUT and isinstance(value, Stream) and not value.is_closed:
            value.fail(message)
