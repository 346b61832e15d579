"""Makes stored events whole again: they hold what changed, ChainGraph's clients expect everything."""

from collections.abc import Callable, Mapping
from typing import Final

import orjson

from chaingraph.errors import NotFound
from chaingraph.execution.events import Event, EventType
from chaingraph.graph.json_types import JsonObject, is_list, list_of, object_of
from chaingraph.wire.node_snapshots import NodeSnapshot

_NODE_TAG: Final = b'"node":[["custom","BaseNode"]]'
_ERROR_TAG: Final = b'"error":["Error"]'

# What an event says of a node as a whole; where the node itself stands in the event, the id is not repeated.
_CHANGES: Final = frozenset({"values", "system"})
_OF_NODE: Final = frozenset({"nodeId", *_CHANGES})


class Snapshots:
    """The fold of one execution's events over its pinned flow document (schema v2).

    Every event goes through once and in order, by `fold` where nobody wants to see it, else by `expand`.
    """

    def __init__(self, document: Mapping[str, object]) -> None:
        self._node_documents = _by_id(document.get("nodes"))
        self._edge_documents = _by_id(document.get("edges"))
        self._nodes: dict[str, NodeSnapshot] = {}
        self._edges: dict[str, bytes] = {}
        metadata = object_of(document.get("metadata"))
        self._metadata = b'{"flowMetadata":' + orjson.dumps(metadata)
        self._metadata_tags = _date_tags(metadata)
        self._expansions = self._by_event_type()

    def fold(self, event: Event) -> None:
        """Raises NotFound for an event about a node that the flow does not have."""
        if event.type in _CHANGING_TYPES:
            self._change_node(event)

    def expand(self, event: Event) -> bytes:
        """The event's data as ChainGraph writes it, in SuperJSON, encoded. Raises NotFound as `fold` does."""
        expansion = self._expansions.get(event.type)
        return _envelope(event.payload) if expansion is None else expansion(event)

    def _by_event_type(self) -> Mapping[str, Callable[[Event], bytes]]:
        return {
            EventType.EXECUTION_CREATED: _created,
            EventType.FLOW_SUBSCRIBED: self._flow,
            EventType.FLOW_STARTED: self._flow,
            EventType.FLOW_COMPLETED: self._flow,
            EventType.FLOW_FAILED: self._failed_flow,
            EventType.FLOW_CANCELLED: self._flow,
            EventType.FLOW_PAUSED: self._flow,
            EventType.FLOW_RESUMED: self._flow,
            EventType.NODE_STARTED: self._node,
            EventType.NODE_COMPLETED: self._node,
            EventType.NODE_FAILED: self._failed_node,
            EventType.NODE_SKIPPED: self._skipped_node,
            EventType.NODE_STATUS_CHANGED: self._changed_status,
            EventType.BREAKPOINT_HIT: self._node,
            EventType.CALLBACK_OPENED: self._node,
            EventType.EDGE_TRANSFER_STARTED: self._edge,
            EventType.EDGE_TRANSFER_COMPLETED: self._edge,
            EventType.EDGE_TRANSFER_FAILED: self._failed_edge,
            EventType.CHILD_FAILED: _failed_child,
        }

    def _flow(self, event: Event) -> bytes:
        return _envelope(self._metadata + _continued(event.payload), *self._metadata_tags)

    def _failed_flow(self, event: Event) -> bytes:
        return _envelope(self._metadata + _continued(event.payload), *self._metadata_tags, _ERROR_TAG)

    def _node(self, event: Event) -> bytes:
        return _envelope(self._with_node(event), _NODE_TAG)

    def _failed_node(self, event: Event) -> bytes:
        return _envelope(self._with_node(event), _NODE_TAG, _ERROR_TAG)

    def _with_node(self, event: Event) -> bytes:
        payload, node = self._change_node(event)
        rest = {key: part for key, part in payload.items() if key not in _OF_NODE}
        return b'{"node":' + node.encoded() + _continued(orjson.dumps(rest))

    def _skipped_node(self, event: Event) -> bytes:
        payload, _ = self._change_node(event)
        return _envelope(orjson.dumps({key: part for key, part in payload.items() if key not in _CHANGES}))

    def _changed_status(self, event: Event) -> bytes:
        self._change_node(event)
        return _envelope(event.payload)

    def _change_node(self, event: Event) -> tuple[JsonObject, NodeSnapshot]:
        payload = _parsed(event)
        node = self._node_of(str(payload.get("nodeId")))
        if "newStatus" in payload:
            node.change_status(payload["newStatus"])
        if payload.get("values"):
            node.change_values(object_of(payload["values"]))
        system = payload.get("system")
        if is_list(system):
            node.change_system(system)
        return payload, node

    def _node_of(self, node_id: str) -> NodeSnapshot:
        node = self._nodes.get(node_id)
        if node is None:
            node = self._nodes[node_id] = NodeSnapshot(_found(self._node_documents, node_id, "node"))
        return node

    def _edge(self, event: Event) -> bytes:
        return _envelope(self._with_edge(event))

    def _failed_edge(self, event: Event) -> bytes:
        return _envelope(self._with_edge(event), _ERROR_TAG)

    def _with_edge(self, event: Event) -> bytes:
        payload = _parsed(event)
        edge_id = str(payload.pop("edgeId", None))
        edge = self._edges.get(edge_id)
        if edge is None:
            edge = self._edges[edge_id] = _encoded_edge(_found(self._edge_documents, edge_id, "edge"))
        return b'{"serializedEdge":' + edge + _continued(orjson.dumps(payload))


_CHANGING_TYPES: Final = frozenset(
    {
        EventType.NODE_COMPLETED,
        EventType.NODE_FAILED,
        EventType.NODE_SKIPPED,
        EventType.NODE_STATUS_CHANGED,
        EventType.BREAKPOINT_HIT,
        EventType.CALLBACK_OPENED,
    }
)


def _by_id(documents: object) -> Mapping[str, JsonObject]:
    return {str(document.get("id")): document for document in map(object_of, list_of(documents))}


def _found(documents: Mapping[str, JsonObject], document_id: str, kind: str) -> JsonObject:
    if document_id not in documents:
        raise NotFound(f"the flow has no {kind} {document_id}")
    return documents[document_id]


def _encoded_edge(document: JsonObject) -> bytes:
    """An edge of a document that was loaded is inactive, whatever happens on it."""
    ends = ("sourceNodeId", "sourcePortId", "targetNodeId", "targetPortId")
    edge: JsonObject = {
        "id": document.get("id"),
        "metadata": object_of(document.get("metadata")),
        "status": "inactive",
        **{key: document.get(key) for key in ends},
    }
    return orjson.dumps(edge)


def _parsed(event: Event) -> JsonObject:
    return object_of(orjson.loads(event.payload))


def _continued(payload: bytes) -> bytes:
    """The members of an encoded object as the rest of another one."""
    members = payload[1:].lstrip()
    return members if members == b"}" else b"," + members


def _created(event: Event) -> bytes:
    return _envelope(event.payload, *_date_tags(object_of(_parsed(event).get("flowMetadata"))))


def _failed_child(event: Event) -> bytes:
    return _envelope(event.payload, _ERROR_TAG)


def _date_tags(metadata: JsonObject) -> list[bytes]:
    dates = (key for key in ("createdAt", "updatedAt") if isinstance(metadata.get(key), str))
    return [b'"flowMetadata.%b":["Date"]' % key.encode() for key in dates]


def _envelope(json: bytes, *tags: bytes) -> bytes:
    if not tags:
        return b'{"json":%b}' % json
    return b'{"json":%b,"meta":{"values":{%b},"v":1}}' % (json, b",".join(tags))
