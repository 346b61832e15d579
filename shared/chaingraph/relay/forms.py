"""The two forms in which subscribers take the events of an execution, each made once for all of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from chaingraph.execution.events import Event
from chaingraph.ids import ExecutionId
from chaingraph.wire.event_messages import EncodedEvent, encode_event, stored_envelope
from chaingraph.wire.oversize import with_references
from chaingraph.wire.snapshots import Snapshots


@dataclass(frozen=True, slots=True)
class CompactForm:
    """Events as they are stored. An event can be made without those before it."""

    execution_id: ExecutionId
    inline_bytes: int

    needs_history = False

    def pass_over(self, event: Event) -> None:
        """Nothing is remembered."""

    def make(self, event: Event) -> EncodedEvent:
        return _fitting(event, stored_envelope(event), self.execution_id, self.inline_bytes)


class ExpandedForm:
    """Events with whole nodes: every event from −1 on has to pass through, in order."""

    needs_history = True

    def __init__(
        self, execution_id: ExecutionId, document: Mapping[str, object], *, inline_bytes: int
    ) -> None:
        self._execution_id = execution_id
        self._snapshots = Snapshots(document)
        self._inline_bytes = inline_bytes

    def pass_over(self, event: Event) -> None:
        self._snapshots.fold(event)

    def make(self, event: Event) -> EncodedEvent:
        return _fitting(event, self._snapshots.expand(event), self._execution_id, self._inline_bytes)


Form = CompactForm | ExpandedForm


def _fitting(event: Event, envelope: bytes, execution_id: ExecutionId, most_bytes: int) -> EncodedEvent:
    """An event over the limit keeps its place; its largest values are to be fetched over HTTP."""
    href = f"/v1/executions/{execution_id}/events?after={event.index - 1}&limit=1"
    fitting = with_references(envelope, href, max_bytes=most_bytes)
    return encode_event(event, fitting)
