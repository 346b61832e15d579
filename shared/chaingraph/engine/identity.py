"""Who a run is: the facts that bodies may ask for and that ids are derived from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chaingraph.execution.execution import ExternalEvent
from chaingraph.ids import ExecutionId, FlowId, UserId


@dataclass(frozen=True, slots=True)
class RunIdentity:
    execution_id: ExecutionId
    root_id: ExecutionId
    parent_id: ExecutionId | None
    flow_id: FlowId
    owner_id: UserId
    depth: int
    integration: Mapping[str, object]
    external_event: ExternalEvent | None
    inputs: Mapping[str, object] = field(default_factory=dict[str, object])
    """What it was called with."""

    @property
    def is_told_from_outside(self) -> bool:
        return bool(self.inputs) or self.external_event is not None


@dataclass(frozen=True, slots=True)
class TreeLimits:
    """How deep and how broad a tree of executions may grow."""

    max_depth: int = 100
    max_children: int = 100
