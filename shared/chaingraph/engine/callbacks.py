"""Callbacks of the nodes of one run: the open ones stand in results, the answers are what is known."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import orjson

from chaingraph.engine.checkpoint import encoded_end, started_result
from chaingraph.engine.identity import RunIdentity
from chaingraph.engine.node_events import NodeEvents
from chaingraph.engine.node_run import NodeRun
from chaingraph.engine.recorder import Recorder
from chaingraph.errors import Rejected
from chaingraph.execution.callbacks import Answer, CallbackAddress, OpenCallback
from chaingraph.ids import CallbackName, PortId


class Callbacks:
    """Every method is one decision. `answers`: what is known to have come; it only grows."""

    def __init__(self, identity: RunIdentity, recorder: Recorder) -> None:
        self.answers: dict[CallbackName, Answer] = {}
        self._has_opened = False
        self._identity = identity
        self._recorder = recorder
        self._events = NodeEvents(recorder)

    @property
    def are_awaited(self) -> bool:
        """Some node may wait for an answer."""
        return self._has_opened

    def open(
        self, node: NodeRun, ordinal: int, wanted: OpenCallback, new_secret: Callable[[], str]
    ) -> OpenCallback:
        """The body's callback of that number: a new one, or the one that an earlier slice has opened."""
        if wanted.port not in node.plan.node.ports:
            raise Rejected(f"node {node.plan.node.id} has no port {wanted.port} for an answer")
        self._has_opened = True
        if ordinal == len(node.callbacks):
            node.callbacks.append(replace(wanted, secret=new_secret()))
            self._recorder.result(started_result(node))
        return node.callbacks[ordinal]

    def address(self, node: NodeRun, callback: OpenCallback) -> CallbackAddress:
        return CallbackAddress(self._identity.execution_id, node.plan.node.id, callback.secret)

    def show(self, node: NodeRun, name: str, now_ms: int) -> None:
        """The body begins to wait: tell those who watch, once, with the values of its ports."""
        for place, callback in enumerate(node.callbacks):
            if self.address(node, callback).name == name and not callback.is_shown:
                node.callbacks[place] = replace(callback, is_shown=True)
                self._events.called_back(node, encoded_end(node), _shown(callback), now_ms)
                self._recorder.result(started_result(node))

    def deliver(self, answers: Mapping[CallbackName, Answer]) -> None:
        self.answers.update(answers)


def _shown(callback: OpenCallback) -> bytes:
    return (
        b',"portId":' + orjson.dumps(PortId(callback.port)) + b',"until":' + orjson.dumps(callback.until_ms)
    )
