"""The children of an execution, as its own slice sees them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import orjson

from chaingraph.engine.recorder import Child, Recorder
from chaingraph.execution.calls import PinnedFlow
from chaingraph.execution.commits import NewChild
from chaingraph.execution.events import CREATED_INDEX, EventType
from chaingraph.execution.execution import Execution, ExternalEvent, NewExecution
from chaingraph.execution.options import OnNodeFailure
from chaingraph.execution.status import is_final
from chaingraph.graph.json_types import is_object
from chaingraph.ids import EventIndex, ExecutionId
from chaingraph.usecases.create_execution import created_event
from chaingraph.usecases.parents import has_failed
from chaingraph.usecases.slices import Outside

MOST_ENDS_READ = 10_000


@dataclass(frozen=True, slots=True)
class Family:
    """`reported`: children whose end stands in the parent's log."""

    children: Sequence[Execution]
    reported: Collection[ExecutionId]

    @property
    def open_count(self) -> int:
        return sum(not is_final(child.status) for child in self.children)

    @property
    def unreported(self) -> list[Execution]:
        return [child for child in self.children if is_final(child.status) and child.id not in self.reported]

    @property
    def first_failed(self) -> Execution | None:
        """Of those that run for an event: the failure of a call is its caller's."""
        ended = (child for child in self.children if is_final(child.status) and not child.is_called)
        return next((child for child in ended if has_failed(child)), None)


async def family_of(parent_id: ExecutionId, *, outside: Outside) -> Family:
    children = await outside.executions.children(parent_id)
    if not children:
        return Family((), frozenset())
    ends = await outside.event_log.read_types(
        parent_id,
        after=EventIndex(CREATED_INDEX),
        limit=MOST_ENDS_READ,
        types=(EventType.CHILD_COMPLETED, EventType.CHILD_FAILED),
    )
    return Family(children, frozenset(_child_id(event.payload) for event in ends))


def report_ends(family: Family, recorder: Recorder, now_ms: int) -> None:
    """Write the end of every child that has ended into the parent's log, once."""
    for child in family.unreported:
        payload: dict[str, object] = {
            "parentExecutionId": child.parent_id,
            "childExecutionId": child.id,
            "eventName": None if child.external_event is None else child.external_event.name,
        }
        if has_failed(child):
            payload["error"] = {"name": "Error", "message": child.error_message or child.status.value}
        kind = EventType.CHILD_FAILED if has_failed(child) else EventType.CHILD_COMPLETED
        recorder.event(kind, orjson.dumps(payload), now_ms)


def new_child(parent: Execution, child: Child, flow_metadata: Mapping[str, object], at_ms: int) -> NewChild:
    """The row of a child: the same flow, options and integration (without the chat message that began it)."""
    execution = NewExecution(
        id=child.id,
        flow_id=parent.flow_id,
        flow_hash=parent.flow_hash,
        owner_id=parent.owner_id,
        root_id=parent.root_id,
        parent_id=parent.id,
        depth=parent.depth + 1,
        options=parent.options,
        integration=_inherited(parent.integration),
        external_event=ExternalEvent(child.event_name or "", child.payload),
    )
    return NewChild(execution, created_event(execution, flow_metadata, at_ms))


def called_child(parent: Execution, child: Child, pinned: PinnedFlow, at_ms: int) -> NewChild:
    """The row of a child that a node has called: of another flow, which an unhandled failure ends."""
    execution = NewExecution(
        id=child.id,
        flow_id=pinned.flow_id,
        flow_hash=pinned.flow_hash,
        owner_id=parent.owner_id,
        root_id=parent.root_id,
        parent_id=parent.id,
        depth=parent.depth + 1,
        options=parent.options.model_copy(update={"on_node_failure": OnNodeFailure.FAIL}),
        integration=_inherited(parent.integration),
        external_event=None,
        inputs={} if child.call is None else child.call.inputs,
    )
    return NewChild(execution, created_event(execution, pinned.metadata, at_ms))


def _inherited(integration: Mapping[str, object]) -> Mapping[str, object]:
    chat = integration.get("archai")
    if not is_object(chat):
        return integration
    return {**integration, "archai": {key: value for key, value in chat.items() if key != "messageID"}}


def _child_id(payload: bytes) -> ExecutionId:
    return ExecutionId(orjson.loads(payload)["childExecutionId"])
