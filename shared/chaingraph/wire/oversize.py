"""An event too large for one message: its largest values become references, the event itself arrives."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import orjson

from chaingraph.graph.json_types import JsonList, JsonObject, is_list, is_object, list_of, object_of

# What a client tells events, nodes and flows apart by; never replaced.
_KEPT: Final = frozenset({"id", "type", "nodeId", "edgeId", "status", "schemaVersion"})


def with_references(envelope: bytes, href: str, *, max_bytes: int) -> bytes:
    """The event's data with as few values replaced as needed, the largest first; as it is where it fits.

    A reference has the JSON type of the value it stands for, so that a client's ports still accept it: an
    object `{"$reference": {"href", "bytes"}}`, an array that holds it, or the href as text.
    """
    if len(envelope) <= max_bytes:
        return envelope
    opened = object_of(orjson.loads(envelope))
    excess = len(envelope) - max_bytes
    for places in (_values, _parts):
        for place in sorted(
            places(object_of(opened.get("json"))), key=lambda place: (-place.size, place.key)
        ):
            if excess <= 0:
                break
            excess -= place.replace(href)
    return orjson.dumps(opened)


@dataclass(slots=True)
class _Place:
    """Where a value stands, and how long it is written."""

    holder: JsonObject
    key: str
    size: int

    def replace(self, href: str) -> int:
        """The bytes that are saved."""
        reference = _reference(self.holder[self.key], href, self.size)
        saved = self.size - len(orjson.dumps(reference))
        if saved <= 0:
            return 0
        self.holder[self.key] = reference
        return saved


def _reference(value: object, href: str, size: int) -> object:
    reference: JsonObject = {"$reference": {"href": href, "bytes": size}}
    if isinstance(value, str):
        return href
    if is_list(value):
        return [reference]
    if is_object(value) and is_list(value.get("buffer")):
        return {**value, "buffer": [reference]}
    return reference


def _values(json: JsonObject) -> Iterator[_Place]:
    """The values of ports, and what else an event carries for its own sake."""
    node = object_of(json.get("node"))
    ports: JsonList = [*list_of(node.get("ports")), *object_of(node.get("systemPorts")).values()]
    for port in map(object_of, ports):
        yield from _places(port, but=frozenset({"config"}))
    yield from _places(object_of(json.get("values")))
    yield from _places(object_of(json.get("error")))
    yield from _places(json, but=frozenset({"node", "values", "error", "serializedEdge", "flowMetadata"}))


def _parts(json: JsonObject) -> Iterator[_Place]:
    """What describes a node, an edge or the flow."""
    node = object_of(json.get("node"))
    yield from _places(node, but=frozenset({"metadata", "systemPorts"}))
    yield from _places(object_of(node.get("metadata")))
    yield from _places(object_of(json.get("serializedEdge")))
    yield from _places(object_of(json.get("flowMetadata")))


def _places(holder: JsonObject, but: frozenset[str] = frozenset()) -> Iterator[_Place]:
    for key in holder.keys() - but - _KEPT:
        yield _Place(holder, key, len(orjson.dumps(holder[key])))
