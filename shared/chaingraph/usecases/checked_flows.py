"""Flow documents that were checked once are not checked again."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from chaingraph.graph.flow import Flow
from chaingraph.ids import FlowHash

MAX_KEPT_BYTES: Final = 32 * 1024 * 1024

LoadFlow = Callable[[bytes], Flow]
"""Loads a document whole, or raises Rejected with every problem, or TooLarge."""


def flow_hash(document: bytes) -> FlowHash:
    return FlowHash(hashlib.sha256(document).hexdigest())


class CheckedFlows:
    """Loads flows, and keeps the newest ones by the hash of their document: loaded flows are immutable."""

    def __init__(self, load: LoadFlow) -> None:
        self._load = load
        self._kept: OrderedDict[FlowHash, tuple[Flow, int]] = OrderedDict()
        self._kept_bytes = 0

    def flow(self, document: bytes) -> Flow:
        """Raises Rejected with every problem of the document, TooLarge."""
        found = flow_hash(document)
        if found in self._kept:
            self._kept.move_to_end(found)
            return self._kept[found][0]
        return self._keep(found, self._load(document), len(document))

    def _keep(self, found: FlowHash, flow: Flow, size: int) -> Flow:
        self._kept[found] = (flow, size)
        self._kept_bytes += size
        while self._kept_bytes > MAX_KEPT_BYTES:
            _, (_, dropped) = self._kept.popitem(last=False)
            self._kept_bytes -= dropped
        return flow
