"""Events between executions: an emitted event starts a child execution, where its listeners run."""

from chaingraph.errors import Rejected
from chaingraph.graph.declarations import Input, Output, Passthrough
from chaingraph.graph.json_types import JsonObject, is_object
from chaingraph.graph.kinds import number, record, string
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.graph.values import copied, updated

CATEGORY = "flow"


class EventEmitterNode(NodeType, title="Event Emitter", category=CATEGORY, pure=True):
    """Emits an event; a child execution of the same flow runs its listeners."""

    event_name = Input(string())
    payload = Input(record(schema_is_mutable=True))

    def run(self, scope: Scope) -> None:
        if not self.event_name:
            raise Rejected("Event name is required")
        scope.emit(self.event_name, copied(self.payload))


class EventListener(
    NodeType,
    title="Event Listener",
    category=CATEGORY,
    pure=True,
    type_name="EventListenerNodeV2",
    runs_by_itself=False,
):
    """Runs in an execution for the event of its name and gives the event's payload."""

    event_name = Input(string())
    event_schema = Passthrough(record(schema_is_mutable=True))
    processed_events_offset = Input(number(), ui={"hidden": True})
    event_payload = Output(record())

    def run(self, scope: Scope) -> None:
        if scope.event_name == self.event_name:
            self.event_payload = _payload(scope, "eventPayload", self.event_payload)


class EarlierEventListener(
    NodeType,
    title="Event Listener",
    category=CATEGORY,
    pure=True,
    type_name="EventListenerNode",
    hidden=True,
    runs_by_itself=False,
):
    """The older form of the listener, without a schema for the payload."""

    event_name = Input(string())
    processed_events_offset = Input(number(), ui={"hidden": True})
    output_data = Output(record(schema_is_mutable=True))

    def run(self, scope: Scope) -> None:
        if scope.event_name == self.event_name:
            self.output_data = _payload(scope, "outputData", self.output_data)


def _payload(scope: Scope, port: str, current: JsonObject) -> JsonObject:
    """The payload's fields; a field of the schema that the payload lacks keeps its stored value."""
    payload = scope.event_payload
    return updated(scope.port_config(port), current, payload if is_object(payload) else {})


NODE_TYPES = (
    EventEmitterNode,
    EventListener,
    EarlierEventListener,
)
