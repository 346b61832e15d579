"""Calls of other flows by the nodes of one run: each is a child execution that returns values, or fails."""

from collections.abc import Mapping

import orjson

from chaingraph.engine.checkpoint import started_result
from chaingraph.engine.identity import RunIdentity
from chaingraph.engine.node_run import NodeRun
from chaingraph.engine.recorder import CalledFlow, Child, Recorder
from chaingraph.engine.spawning import Spawning
from chaingraph.execution.calls import CallEnd, CallFailed, OpenCall
from chaingraph.execution.events import EventType
from chaingraph.graph.json_types import object_of
from chaingraph.graph.values import plain_form
from chaingraph.ids import ExecutionId, FlowId, called_execution_id


class Calls:
    """Every method is one decision. `ends`: of the children that are known to have ended; it only grows."""

    def __init__(self, identity: RunIdentity, spawning: Spawning, recorder: Recorder) -> None:
        self.ends: dict[ExecutionId, CallEnd] = {}
        self.are_awaited = False
        self._identity = identity
        self._spawning = spawning
        self._recorder = recorder

    def call(
        self, node: NodeRun, key: str, flow_id: FlowId, inputs: Mapping[str, object], now_ms: int
    ) -> OpenCall:
        """The body's call of that key: a new child, or the one that an earlier slice has spawned."""
        self.are_awaited = True
        given = object_of(plain_form(dict(inputs)))
        own = f"{node.tries}:{key}"
        if own not in node.calls:
            self._spawning.make_room()
            child_id = called_execution_id(self._identity.execution_id, node.plan.node.id, own)
            child = Child(child_id, None, given, CalledFlow(flow_id, given))
            self._spawning.spawn_called(child, node, now_ms)
            node.calls[own] = OpenCall(child_id)
            self._recorder.result(started_result(node))
        return node.calls[own]

    def end_of(self, node: NodeRun, child_id: ExecutionId, now_ms: int) -> CallEnd:
        """What a child that has ended gives its caller; the log tells of its end once."""
        end = self.ends[child_id]
        for key, call in node.calls.items():
            if call.child_id == child_id and not call.is_reported:
                node.calls[key] = OpenCall(child_id, is_reported=True)
                self._report(child_id, end, now_ms)
                self._recorder.result(started_result(node))
        return end

    def deliver(self, ends: Mapping[ExecutionId, CallEnd]) -> None:
        self.ends.update(ends)

    def _report(self, child_id: ExecutionId, end: CallEnd, now_ms: int) -> None:
        payload: dict[str, object] = {
            "parentExecutionId": self._identity.execution_id,
            "childExecutionId": child_id,
            "eventName": None,
        }
        if isinstance(end, CallFailed):
            payload["error"] = {"name": "Error", "message": end.message}
        kind = EventType.CHILD_FAILED if isinstance(end, CallFailed) else EventType.CHILD_COMPLETED
        self._recorder.event(kind, orjson.dumps(payload), now_ms)
