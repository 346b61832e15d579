"""Pieces of streams as events, while their producer runs: a browser sees what a model writes as it comes.

A stream is watched from the moment its producer lets its consumers start. What was sent since the last event
goes into the next one, a short time after the first of it, and at the latest before the producer's own end.
An event says from which attempt of the producer it comes and at which position its elements begin; a further
attempt first announces itself with no elements.
"""

import orjson

from chaingraph.engine.node_run import NodeRun
from chaingraph.engine.recorder import Recorder
from chaingraph.errors import Rejected
from chaingraph.execution.events import EventType
from chaingraph.graph.json_types import object_of
from chaingraph.graph.streams import Stream
from chaingraph.graph.values import stored_form
from chaingraph.ids import PortId

# How long elements are gathered for one event.
WINDOW_SECONDS = 0.05


class Chunks:
    """Which streams are watched, and how much of each has been told."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._told: dict[tuple[NodeRun, PortId], int] = {}

    def watch(self, node: NodeRun, port: PortId, now_ms: int) -> Stream | None:
        """From here on what is sent to this port is told; None where it holds no stream."""
        stream = node.values.get(port)
        if not isinstance(stream, Stream):
            return None
        self._told[node, port] = 0
        if node.attempt + node.tries > 1:
            self._event(node, port, [], now_ms)
        return stream

    def tell(self, now_ms: int) -> None:
        """Record what was sent since the last time."""
        for node, port in tuple(self._told):
            self._tell(node, port, now_ms)

    def node_ends(self, node: NodeRun, now_ms: int) -> None:
        for watched, port in tuple(self._told):
            if watched is node:
                self._tell(node, port, now_ms)
                self._told.pop((node, port), None)

    def _tell(self, node: NodeRun, port: PortId, now_ms: int) -> None:
        stream = node.values.get(port)
        told = self._told[node, port]
        if not isinstance(stream, Stream) or len(stream.buffer) <= told:
            return
        try:
            self._event(node, port, stream.buffer[told:], now_ms)
        except Rejected:
            # What cannot be stored fails its producer at the end.
            del self._told[node, port]
        else:
            self._told[node, port] = len(stream.buffer)

    def _event(self, node: NodeRun, port: PortId, elements: list[object], now_ms: int) -> None:
        form = stored_form(node.plan.node.ports[port], Stream(elements))
        payload = {
            "nodeId": node.plan.node.id,
            "portId": port,
            "attempt": node.attempt + node.tries,
            "position": self._told[node, port],
            "elements": object_of(form)["buffer"],
        }
        self._recorder.event(EventType.STREAM_CHUNK, orjson.dumps(payload), now_ms)
