"""The events of nodes and edges, encoded once, with the parts that never change prepared by the plan."""

import orjson

from chaingraph.engine.checkpoint import EndPayload
from chaingraph.engine.node_run import NodeRun
from chaingraph.engine.plan import Link
from chaingraph.engine.recorder import Recorder
from chaingraph.execution.events import EventType
from chaingraph.graph.texts import well_formed


class NodeEvents:
    """Every method records one event at a time in epoch milliseconds."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def status_changed(self, node: NodeRun, status: str, now_ms: int) -> None:
        """Record the change, and make it."""
        self._status(node, node.status, status, now_ms)
        node.status = status

    def initialized(self, node: NodeRun, now_ms: int) -> None:
        """The synthetic first event of a node that the run begins with, whatever its stored status is."""
        self._status(node, "idle", "initialized", now_ms)

    def started(self, node: NodeRun, now_ms: int) -> None:
        self._recorder.event(EventType.NODE_STARTED, b'{"nodeId":' + node.plan.id_json + b"}", now_ms)

    def held(self, node: NodeRun, end: EndPayload, now_ms: int) -> None:
        payload = b'{"nodeId":' + node.plan.id_json + end.values + end.system + b"}"
        self._recorder.event(EventType.BREAKPOINT_HIT, payload, now_ms)

    def called_back(self, node: NodeRun, end: EndPayload, opened: bytes, now_ms: int) -> None:
        """`opened`: further members of the payload, encoded."""
        payload = b'{"nodeId":' + node.plan.id_json + opened + end.values + end.system + b"}"
        self._recorder.event(EventType.CALLBACK_OPENED, payload, now_ms)

    def completed(self, node: NodeRun, end: EndPayload, now_ms: int) -> None:
        payload = b'{"nodeId":' + node.plan.id_json + _ending(node, end, now_ms)
        self._recorder.event(EventType.NODE_COMPLETED, payload, now_ms)

    def failed(self, node: NodeRun, end: EndPayload, now_ms: int) -> None:
        error = b',"error":{"name":"Error","message":' + orjson.dumps(node.error) + b"}"
        payload = b'{"nodeId":' + node.plan.id_json + error + _ending(node, end, now_ms)
        self._recorder.event(EventType.NODE_FAILED, payload, now_ms)

    def skipped(self, node: NodeRun, reason: str, now_ms: int) -> None:
        payload = b'{"nodeId":' + node.plan.id_json + b',"reason":' + orjson.dumps(reason) + b"}"
        self._recorder.event(EventType.NODE_SKIPPED, payload, now_ms)

    def logged(self, node: NodeRun, text: str, now_ms: int) -> None:
        payload = b'{"nodeId":' + node.plan.id_json + b',"log":' + orjson.dumps(well_formed(str(text))) + b"}"
        self._recorder.event(EventType.NODE_DEBUG_LOG, payload, now_ms)

    def transferred(self, link: Link, problem: str | None, now_ms: int) -> None:
        """Values are copied within one decision: the transfer itself takes no time."""
        if problem is None:
            self._recorder.event(EventType.EDGE_TRANSFER_COMPLETED, link.transferred + b"0}", now_ms)
        else:
            payload = {"edgeId": link.edge.id, "error": {"name": "Error", "message": problem}}
            self._recorder.event(EventType.EDGE_TRANSFER_FAILED, orjson.dumps(payload), now_ms)

    def _status(self, node: NodeRun, old: str, new: str, now_ms: int) -> None:
        payload = b'{"nodeId":%b,"oldStatus":"%b","newStatus":"%b"}'
        self._recorder.event(
            EventType.NODE_STATUS_CHANGED, payload % (node.plan.id_json, old.encode(), new.encode()), now_ms
        )


def _ending(node: NodeRun, end: EndPayload, now_ms: int) -> bytes:
    took = now_ms - node.picked_at_ms + node.earlier_ms
    return b',"executionTime":%d' % took + end.values + end.system + b"}"
