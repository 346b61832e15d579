"""One run of a flow: decides what starts, folds starts and ends of nodes into run state and record."""

from collections.abc import Collection, Iterable, Mapping

import orjson

from chaingraph.engine.attempts import Attempts
from chaingraph.engine.binding import runnable_nodes
from chaingraph.engine.callbacks import Callbacks
from chaingraph.engine.calls import Calls
from chaingraph.engine.checkpoint import (
    encoded_end,
    encoded_inputs,
    end_of,
    ended_result,
    restore_node,
    started_result,
)
from chaingraph.engine.chunks import Chunks
from chaingraph.engine.identity import RunIdentity, TreeLimits
from chaingraph.engine.node_events import NodeEvents
from chaingraph.engine.node_run import NodeRun, Phase
from chaingraph.engine.outcomes import Paused
from chaingraph.engine.plan import Link, Plan, is_part
from chaingraph.engine.readiness import Readiness
from chaingraph.engine.recorder import Recorder
from chaingraph.engine.spawning import Spawning
from chaingraph.engine.transfers import transfer
from chaingraph.errors import Rejected
from chaingraph.execution.events import EventType
from chaingraph.execution.options import ExecutionOptions, OnNodeFailure
from chaingraph.execution.results import LoadedResult, ResultStatus
from chaingraph.graph.secrets import WRITTEN_NODE, WRITTEN_PORT, words
from chaingraph.graph.streams import Stream
from chaingraph.ids import ExecutionId, NodeId, PortId

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
        self.plan, self.identity, self.options = plan, identity, options
        self.recorder = recorder
        self.nodes = tuple(NodeRun(node) for node in plan.nodes)
        self.running = 0
        self.unhandled: tuple[NodeId, str] | None = None
        self.breakpoints: Collection[str] = options.breakpoints
        self.only: set[NodeRun] | None = None
        self.held: NodeRun | None = None
        self.spawning = Spawning(identity, options.spawn_children, limits, recorder)
        self._events = NodeEvents(recorder)
        self._readiness = Readiness(plan, self.nodes)
        self.chunks, self.callbacks = Chunks(recorder), Callbacks(identity, recorder)
        self.calls = Calls(identity, self.spawning, recorder)
        self.attempts = Attempts(self.nodes, identity, recorder, self.spawning, self.chunks)
        self._exclude()
        recorder.redacts = plan.reaches_outside or identity.is_told_from_outside

    def _exclude(self) -> None:
        event = self.identity.external_event
        allowed = runnable_nodes(self.plan.flow, None if event is None else event.name)
        for node in self.nodes:
            if node.plan.node.id not in allowed:
                node.phase = Phase.EXCLUDED

    # ------------------------------------------------------------ start and end of the run

    def begin(self, now_ms: int) -> None:
        """A new run: `flow:started`, then the nodes that nothing has to come before."""
        self.recorder.event(EventType.FLOW_STARTED, b"{}", now_ms)
        self._readiness.queue_first()
        for node in self._readiness.queue:
            self._events.initialized(node, now_ms)

    def restore(self, results: Iterable[LoadedResult], spawned: Collection[ExecutionId]) -> None:
        """Go on from stored results: what had ended stays ended, what had started runs again.

        Ports resolve in the order in which their nodes had ended, so that the queue is what it would have
        been. `spawned`: the child executions that exist already.
        """
        nodes = {node.plan.node.id: node for node in self.nodes}
        restored = [self._restored(nodes[result.node_id], result) for result in sorted(results, key=end_of)]
        self._readiness.queue_first()
        ended = [node for node in restored if node.phase is Phase.ENDED]
        for node in ended:
            self._restore_end(node)
        self._readiness.put_started_first()
        self.spawning.restore(ended, spawned)
        self.spawning.count += sum(len(node.calls) for node in restored)

    @property
    def has_ready(self) -> bool:
        """Something may start as soon as there is room for it."""
        return self.held is None and self._next_place() is not None

    @property
    def may_start(self) -> bool:
        """Something may start now."""
        return self.has_ready and self.running < self.options.execution.max_concurrency

    @property
    def is_finished(self) -> bool:
        return self.running == 0 and not self._readiness.queue and self.held is None

    @property
    def pause(self) -> Paused | None:
        """Nothing more may start: the run has come to a breakpoint, or a step is done."""
        if self.held is not None:
            node_id = self.held.plan.node.id
            return Paused(f"Breakpoint at node {node_id}", node_id)
        if self.only is not None and not self.has_ready:
            return Paused("Step")
        return None

    def step_wave(self) -> None:
        """Only what is ready now may start."""
        self.only = set(self._readiness.queue)

    def step_over(self) -> None:
        """Only the node that is ready first may start."""
        self.only = set(list(self._readiness.queue)[:1])

    @property
    def must_fail(self) -> bool:
        """An unhandled failure ends the run, by its options."""
        return self.unhandled is not None and self.options.on_node_failure is OnNodeFailure.FAIL

    def complete_flow(self, active_ms: int, now_ms: int) -> None:
        """The regular end: report the nodes that never became ready, then the final event."""
        for node in self.nodes:
            if node.phase is Phase.IDLE:
                self._events.skipped(node, NEVER_READY, now_ms)
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

    # ------------------------------------------------------------ nodes

    def take(self, now_ms: int) -> NodeRun | None:
        """Start the next ready node whose body has to run; None when nothing may start now."""
        most = self.options.execution.max_concurrency
        while self.running < most and self.held is None and (place := self._next_place()) is not None:
            node = self._readiness.take(place)
            if self._start(node, now_ms):
                return node
        return None

    def _next_place(self) -> int | None:
        """The place in the queue of the node that starts next."""
        queue, only = self._readiness.queue, self.only
        if only is None:
            return 0 if queue else None
        return next((place for place, node in enumerate(queue) if node in only), None)

    def complete(self, node: NodeRun, now_ms: int) -> None:
        """The body returned. A value that cannot be stored fails the node."""
        node.system[1] = True
        try:
            end = encoded_end(node)
        except Rejected as refusal:
            self.fail(node, refusal.message, now_ms)
            return
        self.chunks.node_ends(node, now_ms)
        self._readiness.resolve(node.plan.outputs)
        self._readiness.resolve(node.plan.capture_outputs)
        self._events.status_changed(node, "completed", now_ms)
        self._events.completed(node, end, now_ms)
        self.recorder.result(ended_result(node, ResultStatus.COMPLETED, end, self.recorder.next_index))
        self._leave(node, now_ms)

    def fail(self, node: NodeRun, message: str, now_ms: int) -> None:
        """The body raised, or was cancelled."""
        node.system[1:] = [False, True, message]
        node.error = message
        node.drop_unstorable()
        node.fail_streams(message)
        self.chunks.node_ends(node, now_ms)
        end = encoded_end(node)
        self._readiness.resolve(node.plan.error_outputs)
        self._events.status_changed(node, "error", now_ms)
        self._events.failed(node, end, now_ms)
        self.recorder.result(ended_result(node, ResultStatus.FAILED, end, self.recorder.next_index))
        self.recorder.error()
        self._note_failure(node)
        self._leave(node, now_ms)

    def resolve_early(self, node: NodeRun, port: PortId) -> None:
        """The body lets the consumers of one of its ports start while it goes on."""
        if port not in node.plan.node.ports:
            raise Rejected(f"node {node.plan.node.id} has no port {port} to resolve")
        if node.plan.node.ports[port].kind == "stream":
            node.values.setdefault(port, Stream())
        node.resolved_early.append(port)
        outputs = node.plan.output_numbers.items()
        self._readiness.resolve(number for name, number in outputs if is_part(name, port))

    def log(self, node: NodeRun, text: str, now_ms: int) -> None:
        self._events.logged(node, text, now_ms)

    def written_secret(self, node_id: NodeId) -> Mapping[str, str]:
        """The fields of a secret that a node of this flow holds."""
        for node in self.nodes:
            if node.plan.node.id == node_id and node.plan.node.type == WRITTEN_NODE:
                values = node.values or node.plan.node.values
                return words(values.get(WRITTEN_PORT))
        raise Rejected(f"node {node_id} of this flow holds no secret")

    # ------------------------------------------------------------ the end of a slice

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
        self.leave_bodies(now_ms)

    def _started(self) -> list[NodeRun]:
        return [node for node in self.nodes if node.phase is Phase.STARTED]

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
        self._events.status_changed(node, "executing", now_ms)
        self._events.started(node, now_ms)
        if node.plan.node.id in self.breakpoints:
            return self._hold(node, links, now_ms)
        if not self._transfer(node, links, now_ms):
            return self._skip(node, TRANSFER_FAILED, now_ms)
        return self._start_body(node, now_ms)

    def _start_again(self, node: NodeRun, now_ms: int) -> bool:
        """A node of an earlier slice: same inputs, no event twice; streams from their producer."""
        if node.is_held:
            node.is_held = False
            transferred = self._transfer(node, node.chosen, now_ms)
            return (
                self._start_body(node, now_ms) if transferred else self._skip(node, TRANSFER_FAILED, now_ms)
            )
        self.attempts.take_live_values(node)
        return self._start_body(node, now_ms)

    def _hold(self, node: NodeRun, links: tuple[Link, ...], now_ms: int) -> bool:
        """At a breakpoint: show the values that would be transferred, and let nothing more start."""
        for link in links:
            transfer(link, self.nodes[link.source], node)
        self._events.held(node, encoded_end(node), now_ms)
        node.load_values()
        node.chosen, node.is_held, node.phase = links, True, Phase.HELD
        self.held = node
        self.running -= 1
        self.recorder.result(started_result(node))
        return False

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
        is_resolved, chosen = self._readiness.is_resolved, list[Link]()
        for slot in node.plan.slots:
            link = next((link for link in slot if is_resolved(link.output)), None)
            if link is None:
                return None
            chosen.append(link)
        return tuple(chosen)

    def _transfer(self, node: NodeRun, links: tuple[Link, ...], now_ms: int) -> bool:
        node.chosen = links
        succeeded = True
        for link in links:
            problem = transfer(link, self.nodes[link.source], node)
            self._events.transferred(link, problem, now_ms)
            succeeded = succeeded and problem is None
        return succeeded

    # ------------------------------------------------------------ ending

    def _skip(self, node: NodeRun, reason: str, now_ms: int) -> bool:
        self._events.status_changed(node, "skipped", now_ms)
        self._events.skipped(node, reason, now_ms)
        end = encoded_end(node)
        self.recorder.result(ended_result(node, ResultStatus.SKIPPED, end, self.recorder.next_index))
        self._leave(node, now_ms)
        return False

    def _leave(self, node: NodeRun, now_ms: int) -> None:
        node.phase = Phase.ENDED
        self.running -= 1
        self._readiness.child_ended(node)
        self.spawning.node_ended(node, now_ms)

    def _note_failure(self, node: NodeRun) -> None:
        """A failure is handled where an edge leaves one of the error ports."""
        if not node.plan.error_outputs and self.unhandled is None:
            self.unhandled = (node.plan.node.id, node.error or "")

    def _fail_running(self, message: str, now_ms: int) -> None:
        """What has started in this slice or an earlier one ends; nothing else starts."""
        for node in self.nodes:
            if node.phase is Phase.HELD or _is_left_over(node):
                node.phase, node.picked_at_ms = Phase.STARTED, now_ms
                self.running += 1
            if node.phase is Phase.STARTED:
                self.fail(node, message, now_ms)
        self._readiness.queue.clear()

    # ------------------------------------------------------------ resuming

    def _restored(self, node: NodeRun, result: LoadedResult) -> NodeRun:
        restore_node(node, result)
        if result.status is ResultStatus.STARTED:
            node.status, node.ready_links = "executing", node.chosen
        else:
            node.status, node.phase = STATUS_OF[result.status], Phase.ENDED
            self.attempts.take_redacted(node)
        return node

    def _restore_end(self, node: NodeRun) -> None:
        if node.status == "completed":
            self._readiness.resolve(node.plan.outputs)
            self._readiness.resolve(node.plan.capture_outputs)
        elif node.status == "error":
            self._readiness.resolve(node.plan.error_outputs)
            self._note_failure(node)
        self._readiness.child_ended(node)


def _is_left_over(node: NodeRun) -> bool:
    """It has started in an earlier slice and not gone on in this one."""
    return node.ready_links is not None and node.phase in (Phase.IDLE, Phase.QUEUED)
