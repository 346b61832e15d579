"""Casts: a value becomes one of another type on its way over an edge that asks for it.

An edge with `"metadata": {"cast": true}` may join the ports of this table, and converts what it carries.
Every other edge carries values as they are and is refused where the types do not fit.

| from | to | the value |
|---|---|---|
| number | string | its shortest text: 1.0 → "1" |
| boolean | string | "true" or "false" |
| enum | string | the id of the option |
| string | number | the decimal number that it writes: " 12.50 " → 12.5 |
| boolean | number | 1 or 0 |
| number | boolean | false for 0, else true |
| string | boolean | "true" or "false", in any case |
| string | enum | the option with this id |

A source of type any is cast by the value that it has. Null stays null. What has no cast fails the transfer.
"""

from collections.abc import Callable, Mapping
from typing import Final

from chaingraph.errors import Rejected
from chaingraph.graph.flow import Edge, Port, PortKind
from chaingraph.graph.json_types import is_list, is_number, is_object, object_of
from chaingraph.graph.missing import MISSING
from chaingraph.graph.paths import unwrapped
from chaingraph.graph.texts import number_text, text_number

CASTS: Final[frozenset[tuple[PortKind, PortKind]]] = frozenset(
    {
        ("number", "string"),
        ("boolean", "string"),
        ("enum", "string"),
        ("string", "number"),
        ("boolean", "number"),
        ("number", "boolean"),
        ("string", "boolean"),
        ("string", "enum"),
    }
)
_LONGEST_SHOWN: Final = 50


def has_cast(edge: Edge) -> bool:
    return object_of(edge.document.get("metadata")).get("cast") is True


def may_cast(source: Port, target: Port) -> bool:
    return (unwrapped(source).kind, unwrapped(target).kind) in CASTS


def cast_value(target: Port, value: object) -> object:
    """The value for a port that it is cast to. Raises Rejected where there is no cast."""
    cast = _TO.get(unwrapped(target).kind)
    return value if cast is None or value is None or value is MISSING else cast(value)


def _string(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_number(value):
        return number_text(value)
    return value if isinstance(value, str) else _refuse(value, "string")


def _number(value: object) -> object:
    if isinstance(value, bool):
        return int(value)
    if is_number(value):
        return value
    number = text_number(value) if isinstance(value, str) else None
    return _refuse(value, "number") if number is None else number


def _boolean(value: object) -> object:
    if isinstance(value, bool):
        return value
    if is_number(value):
        return value != 0
    word = value.strip().lower() if isinstance(value, str) else ""
    return word == "true" if word in {"true", "false"} else _refuse(value, "boolean")


def _enum(value: object) -> object:
    return value if isinstance(value, str) else _refuse(value, "enum")


def _refuse(value: object, wanted: PortKind) -> object:
    raise Rejected(f"{_shown(value)} cannot be cast to {wanted}")


def _shown(value: object) -> str:
    if is_list(value) or is_object(value):
        return "a list" if is_list(value) else "an object"
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


_TO: Final[Mapping[PortKind, Callable[[object], object]]] = {
    "string": _string,
    "number": _number,
    "boolean": _boolean,
    "enum": _enum,
}
