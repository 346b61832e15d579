"""Values in a run: how they start, how they cross an edge, how they are stored.

A value is what JSON knows, or a `Stream`. Lists and objects belong to one port of one node: what crosses an
edge is copied. Streams are shared: that is what they are for.
"""

import math
from collections.abc import Callable, Mapping
from typing import Final

from chaingraph.errors import Rejected
from chaingraph.graph.defaults import properties_of
from chaingraph.graph.flow import Node, Port, PortKind
from chaingraph.graph.json_texts import compact_json
from chaingraph.graph.json_types import (
    JsonList,
    JsonObject,
    is_list,
    is_number,
    is_object,
    object_of,
    same_json,
)
from chaingraph.graph.missing import MISSING
from chaingraph.graph.paths import Step, child_of, unwrapped
from chaingraph.graph.secrets import reference_of
from chaingraph.graph.streams import Stream, is_stream
from chaingraph.graph.texts import double, number_text, text_number, well_formed
from chaingraph.ids import PortId

# What nests deeper cannot be encoded together with what surrounds it.
MAX_DEPTH: Final = 100

_SHARED: Final = frozenset({str, int, float, bool, type(None), type(MISSING), Stream})


def initial_values(node: Node) -> dict[PortId, object]:
    """The stored values as one run's own: nothing in them is shared with another run."""
    values = dict(node.values)
    for port_id, value in node.values.items():
        if type(value) not in _SHARED:
            values[port_id] = run_value(node.ports[port_id], value)
    return values


def run_value(port: Port, stored: object) -> object:
    """A copy of a stored value as the bodies of nodes see it: a stream is a `Stream`."""
    port = unwrapped(port)
    if port.kind == "stream" and is_object(stored):
        return _loaded_stream(stored)
    fields = port.fields
    if fields and is_object(stored):
        return {
            key: run_value(fields[key], value) if key in fields else copied(value)
            for key, value in stored.items()
        }
    return copied(stored)


def _loaded_stream(stored: JsonObject) -> Stream:
    buffer = copied(stored.get("buffer"))
    return Stream(buffer if is_list(buffer) else (), closed=stored.get("isClosed") is True)


def copied(value: object) -> object:
    """The value with lists and objects of its own."""
    return value if type(value) in _SHARED else _copied(value, 0)


def _copied(value: object, depth: int) -> object:
    if depth > MAX_DEPTH:
        raise Rejected(f"a value cannot nest deeper than {MAX_DEPTH} levels")
    if is_list(value):
        return [element if type(element) in _SHARED else _copied(element, depth + 1) for element in value]
    if is_object(value):
        return {
            key: field if type(field) in _SHARED else _copied(field, depth + 1)
            for key, field in value.items()
        }
    return value


def value_at(root: object, steps: tuple[Step, ...]) -> object:
    """The value inside a root port's value, or MISSING."""
    for step in steps:
        if isinstance(step, str):
            root = root.get(step, MISSING) if is_object(root) else MISSING
        else:
            root = root[step] if is_list(root) and step < len(root) else MISSING
    return root


def assigned(port: Port, current: object, steps: tuple[Step, ...], incoming: object) -> object:
    """The root port's value after `incoming` came over an edge to the place that the steps lead to.

    An object takes over the fields that came, keeps the fields of its schema that did not come, and loses all
    others. Everything else is replaced as a whole; nothing is cast. Neither `current` nor `incoming` changes.
    """
    if not steps:
        return _taken(port.config, current, incoming)
    if isinstance(steps[0], str):
        return _with_field(port, current, steps[0], steps[1:], incoming)
    return _with_element(port, current, steps[0], steps[1:], incoming)


def _taken(config: Mapping[str, object], current: object, incoming: object) -> object:
    if type(incoming) in _SHARED:
        return incoming
    if config.get("type") == "object" and is_object(incoming):
        return updated(config, current, incoming)
    return copied(incoming)


def updated(config: Mapping[str, object], current: object, incoming: JsonObject) -> JsonObject:
    """An object port's next value: the fields that came, and those of its schema that did not come."""
    properties = properties_of(config)
    known = current if is_object(current) else {}
    fields: JsonObject = {}
    for key, value in known.items():
        if key in incoming:
            fields[key] = _taken(object_of(properties.get(key)), value, incoming[key])
        elif key in properties:
            fields[key] = value
    for key, value in incoming.items():
        if key not in known:
            fields[key] = _taken(object_of(properties.get(key)), MISSING, value)
    return fields


def _with_field(
    port: Port, current: object, key: str, steps: tuple[Step, ...], incoming: object
) -> JsonObject:
    fields = dict(current) if is_object(current) else {}
    value = _child_assigned(port, key, fields.get(key, MISSING), steps, incoming)
    if value is MISSING:
        fields.pop(key, None)
    else:
        fields[key] = value
    return fields


def _with_element(
    port: Port, current: object, place: int, steps: tuple[Step, ...], incoming: object
) -> JsonList:
    elements = list(current) if is_list(current) else []
    elements.extend([None] * (place + 1 - len(elements)))
    value = _child_assigned(port, place, elements[place], steps, incoming)
    elements[place] = None if value is MISSING else value
    return elements


def _child_assigned(
    port: Port, step: Step, current: object, steps: tuple[Step, ...], incoming: object
) -> object:
    child = child_of(port, step)
    if child is None:
        raise Rejected(f"port {port.id} has no child {step!r}")
    return assigned(child, current, steps, incoming)


def stored_form(port: Port, value: object) -> object:
    """The value as events have it, None where there is none; `Rejected` for what cannot be stored."""
    if type(value) is str and port.kind in _TEXTS:
        return well_formed(value)
    if type(value) is float and port.kind in _NUMBERS:
        return _finite(value)
    if type(value) in _AS_IT_IS[port.kind]:
        return value
    return _stored(port, value, 0)


def raw_form(port: Port, value: object, form: object) -> object:
    """What bodies see of a value with this stored form, or MISSING where it is the form."""
    if port.kind not in _CONVERTED:
        return MISSING
    plain = plain_form(value)
    return MISSING if same_json(plain, form) else plain


def plain_form(value: object) -> object:
    """The same for a value that belongs to no port."""
    return _stored(None, value, 0)


def _stored(port: Port | None, value: object, depth: int) -> object:
    if value is None or value is MISSING:
        return None
    port = None if port is None else unwrapped(port)
    if port is None or port.kind not in _FORMS:
        return _plain_form(port, value, depth)
    return _FORMS[port.kind](port, value, depth)


def _string_form(port: Port, value: object, depth: int) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_number(value):
        return number_text(value)
    form = _plain_form(port, value, depth)
    return form if depth or isinstance(form, str) else compact_json(form)


def _number_form(port: Port, value: object, depth: int) -> object:
    number = text_number(value) if isinstance(value, str) else None
    return number if number is not None else _plain_form(port, value, depth)


def _array_form(port: Port, value: object, depth: int) -> object:
    """What has come in over an edge and is no list is seen by bodies alone."""
    form = _plain_form(port, value, depth)
    return form if depth or is_list(form) else []


def _secret_form(_port: Port, value: object, _depth: int) -> object:
    """Only what is encrypted or a mere reference may be stored."""
    if is_object(value) and value.keys() == {"encrypted", "hkdfNonce", "publicKey"}:
        return value
    return None if reference_of(value) is None else value


def _plain_form(port: Port | None, value: object, depth: int) -> object:
    if depth > MAX_DEPTH:
        raise Rejected(f"a value cannot nest deeper than {MAX_DEPTH} levels")
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, float | int):
        return _finite(value) if isinstance(value, float) else _whole(value)
    if is_list(value):
        described = port.element if port is not None else None
        return [_stored(described, element, depth + 1) for element in value]
    if is_object(value):
        fields = (port.fields if port is not None else None) or {}
        return {
            well_formed(str(key)): _stored(fields.get(key), field, depth + 1) for key, field in value.items()
        }
    if is_stream(value):
        return _stream_form(value, depth)
    raise Rejected(f"a value of type {type(value).__name__} cannot be stored")


def _whole(number: int) -> float:
    """JSON readers have 64 bits."""
    return number if -(2**63) <= number < 2**63 else _finite(double(number))


def _finite(number: float) -> float:
    """JSON has no others: as null, they would not be what the consumers in this run got."""
    if not math.isfinite(number):
        raise Rejected("a number that is not finite cannot be stored")
    return number


def _stream_form(stream: Stream, depth: int) -> JsonObject:
    buffer = [_plain_form(None, element, depth + 1) for element in stream.buffer]
    return {"type": "stream", "buffer": buffer, "isClosed": stream.is_closed}


_FORMS: Final[Mapping[PortKind, Callable[[Port, object, int], object]]] = {
    "string": _string_form,
    "number": _number_form,
    "array": _array_form,
    "secret": _secret_form,
}

# Bodies see what has come in over an edge; events show it as the port's type.
_CONVERTED: Final = frozenset({"string", "number", "array"})

_TEXTS: Final = frozenset({"string", "enum", "any"})
_NUMBERS: Final = frozenset({"number", "any"})

# The types whose values are stored as they are; an int may be too large for that.
_AS_IT_IS: Final[Mapping[PortKind, frozenset[type]]] = {
    "string": frozenset({type(None)}),
    "number": frozenset({type(None)}),
    "boolean": frozenset({bool, type(None)}),
    "enum": frozenset({type(None)}),
    "array": frozenset({type(None)}),
    "object": frozenset({type(None)}),
    "stream": frozenset({type(None)}),
    "any": frozenset({bool, type(None)}),
    "secret": frozenset({type(None)}),
}
