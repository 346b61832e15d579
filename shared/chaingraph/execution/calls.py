"""Calls: an execution that runs another flow, and gets values back from it."""

from collections.abc import Mapping
from dataclasses import dataclass

from chaingraph.graph.outside import CallFailed, Returned
from chaingraph.ids import ExecutionId, FlowHash, FlowId

CallEnd = Returned | CallFailed


@dataclass(frozen=True, slots=True)
class OpenCall:
    """As it is kept in its node's result. `is_reported`: its end stands in the log."""

    child_id: ExecutionId
    is_reported: bool = False


@dataclass(frozen=True, slots=True)
class PinnedFlow:
    """A flow that may be called in a whole tree of executions, as it was when the tree began."""

    flow_id: FlowId
    flow_hash: FlowHash
    metadata: Mapping[str, object]
