"""Whether a stored value fits its port."""

import math
from collections.abc import Callable
from typing import Final

from chaingraph.errors import Problem
from chaingraph.graph.flow import Port, PortKind
from chaingraph.graph.json_types import is_list, is_number, is_object
from chaingraph.graph.texts import number_text, text_number

# What nests deeper cannot be encoded together with what surrounds it.
MAX_DEPTH: Final = 64

_TYPE_NAMES: Final[dict[type, str]] = {str: "a text", bool: "a boolean", list: "a list", dict: "an object"}


def read_value(port: Port, stored: object, path: str, problems: list[Problem]) -> object:
    """The value in stored form. A number may be stored as text and a text as number; nothing else is cast."""
    return _read(port, stored, path, problems, 0)


def _read(port: Port, stored: object, path: str, problems: list[Problem], depth: int) -> object:
    if stored is None:
        return None
    if depth > MAX_DEPTH:
        problems.append(Problem(path, f"nested deeper than {MAX_DEPTH} levels"))
        return None
    return _READERS[port.kind](port, stored, path, problems, depth)


def _read_string(port: Port, stored: object, path: str, problems: list[Problem], _: int) -> object:
    if isinstance(stored, str):
        return stored
    if is_number(stored):
        return number_text(stored)
    return _refuse(port, stored, path, problems)


def _read_number(port: Port, stored: object, path: str, problems: list[Problem], _: int) -> object:
    number = text_number(stored) if isinstance(stored, str) else stored
    if is_number(number) and math.isfinite(number):
        return number
    return _refuse(port, stored, path, problems)


def _read_boolean(port: Port, stored: object, path: str, problems: list[Problem], _: int) -> object:
    return stored if isinstance(stored, bool) else _refuse(port, stored, path, problems)


def _read_enum(port: Port, stored: object, path: str, problems: list[Problem], _: int) -> object:
    # Options change while flows that chose one are stored: an unknown one is the business of the node.
    return stored if isinstance(stored, str) else _refuse(port, stored, path, problems)


def _read_array(port: Port, stored: object, path: str, problems: list[Problem], depth: int) -> object:
    if not is_list(stored):
        return _refuse(port, stored, path, problems)
    described = port.element
    if described is None or described.kind == "any":
        return stored
    return [
        _read(described, element, f"{path}[{place}]", problems, depth + 1)
        for place, element in enumerate(stored)
    ]


def _read_object(port: Port, stored: object, path: str, problems: list[Problem], depth: int) -> object:
    if not is_object(stored):
        return _refuse(port, stored, path, problems)
    fields = port.fields
    if not fields:
        return stored
    return {
        key: _read(fields[key], value, f"{path}.{key}", problems, depth + 1) if key in fields else value
        for key, value in stored.items()
    }


def _read_stream(port: Port, stored: object, path: str, problems: list[Problem], _: int) -> object:
    if is_object(stored) and is_list(stored.get("buffer", [])) and stored.get("type", "stream") == "stream":
        return stored
    return _refuse(port, stored, path, problems)


def _read_secret(port: Port, stored: object, path: str, problems: list[Problem], _: int) -> object:
    # The reference engine's editors write headers of servers as text into secret ports.
    fits = is_object(stored) or isinstance(stored, str)
    return stored if fits else _refuse(port, stored, path, problems)


def _read_any(port: Port, stored: object, path: str, problems: list[Problem], depth: int) -> object:  # noqa: ARG001
    return stored


_READERS: Final[dict[PortKind, Callable[[Port, object, str, list[Problem], int], object]]] = {
    "string": _read_string,
    "number": _read_number,
    "boolean": _read_boolean,
    "enum": _read_enum,
    "array": _read_array,
    "object": _read_object,
    "stream": _read_stream,
    "any": _read_any,
    "secret": _read_secret,
}


def _refuse(port: Port, stored: object, path: str, problems: list[Problem]) -> None:
    found = _TYPE_NAMES.get(type(stored), "a number")
    if isinstance(stored, str) and port.kind == "number":
        found = "a text that is no number"
    problems.append(Problem(path, f"the value of a port of type {port.kind} cannot be {found}"))
