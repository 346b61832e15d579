"""What a run has recorded and nobody has taken yet: events, and the results they report."""

from collections.abc import Mapping
from dataclasses import dataclass

from chaingraph.execution.events import Event
from chaingraph.execution.results import StoredResult
from chaingraph.graph.redaction import redacted_json
from chaingraph.ids import EventIndex, ExecutionId, FlowId, NodeId


@dataclass(frozen=True, slots=True)
class CalledFlow:
    """`inputs`: by their names."""

    flow_id: FlowId
    inputs: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Child:
    """A child execution that an emitted event or a call asks for.

    Its id is the same however often the node runs. `event_name` is None, and `call` is there, for a call.
    """

    id: ExecutionId
    event_name: str | None
    payload: object
    call: CalledFlow | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A cut of the recorder: events without a gap, and the results and children that belong to them."""

    first: EventIndex
    events: tuple[Event, ...]
    results: tuple[StoredResult, ...]
    children: tuple[Child, ...]
    error_count: int

    @property
    def next(self) -> EventIndex:
        return EventIndex(self.first + len(self.events))


class Recorder:
    """Numbers events from `next_index` on and keeps them until they are taken.

    `redacts`: what looks like a credential is taken out of events; results keep it where they need it. A run
    that neither reaches outside nor is told anything from there has no headers, and shows every text.
    """

    def __init__(self, next_index: EventIndex) -> None:
        self.next_index = next_index
        self.redacts = False
        self._events: list[Event] = []
        self._results: dict[NodeId, StoredResult] = {}
        self._children: list[Child] = []
        self._error_count = 0

    @property
    def is_empty(self) -> bool:
        return not self._events and not self._results

    def event(self, type_: str, payload: bytes, now_ms: int) -> None:
        if self.redacts:
            payload = redacted_json(payload)
        self._events.append(Event(self.next_index, type_, now_ms, payload))
        self.next_index = EventIndex(self.next_index + 1)

    def result(self, result: StoredResult) -> None:
        self._results[result.node_id] = result

    def child(self, child: Child) -> None:
        self._children.append(child)

    def error(self) -> None:
        self._error_count += 1

    def pending(self) -> Record:
        """Everything recorded since the last `take`."""
        return Record(
            EventIndex(self.next_index - len(self._events)),
            tuple(self._events),
            tuple(self._results.values()),
            tuple(self._children),
            self._error_count,
        )

    def take(self) -> Record:
        record = self.pending()
        self._events, self._results, self._children, self._error_count = [], {}, [], 0
        return record

    def give_back(self, kept: Record) -> None:
        """What was taken has been refused: only `kept`, what was pending before it, stands again."""
        self._events = list(kept.events)
        self._results = {result.node_id: result for result in kept.results}
        self._children = list(kept.children)
        self._error_count = kept.error_count
        self.next_index = kept.next
