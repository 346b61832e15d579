"""Whether a JSON value from outside fits a port: nothing is cast, every problem is named by its place."""

from collections.abc import Iterator
from typing import Final

from chaingraph.errors import Problem
from chaingraph.graph.constraints import constraint_problems
from chaingraph.graph.flow import Port, PortKind
from chaingraph.graph.json_types import JsonList, JsonObject, is_list, is_number, is_object
from chaingraph.graph.paths import unwrapped

# What nests deeper than any port can describe is nobody's answer.
MAX_DEPTH: Final = 64

_KIND_NAMES: Final[dict[PortKind, str]] = {
    "string": "a text",
    "enum": "a text",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}


def conformance_problems(port: Port, value: object) -> list[Problem]:
    """Everything in which the value is none of this port."""
    return list(_problems(unwrapped(port), value, ""))


def _problems(port: Port, value: object, path: str) -> Iterator[Problem]:
    if not _is_of_kind(port.kind, value):
        yield Problem(path, f"must be {_KIND_NAMES.get(port.kind, 'left out')}")
    elif is_object(value) and port.kind == "object":
        yield from _field_problems(port, value, path)
    elif is_list(value) and port.kind == "array":
        yield from _element_problems(port, value, path)
    elif port.kind == "any" and _depth_exceeds(value, MAX_DEPTH):
        yield Problem(path, f"must not nest deeper than {MAX_DEPTH} levels")
    else:
        yield from (Problem(path, problem) for problem in constraint_problems(port, value))


def _is_of_kind(kind: PortKind, value: object) -> bool:
    match kind:
        case "string" | "enum":
            return isinstance(value, str)
        case "number":
            return is_number(value)
        case "boolean":
            return isinstance(value, bool)
        case "array":
            return is_list(value)
        case "object":
            return is_object(value)
        case "any":
            return True
        case "stream" | "secret":
            return False


def _field_problems(port: Port, value: JsonObject, path: str) -> Iterator[Problem]:
    """An object without declared fields may have any."""
    fields = port.fields or {}
    for key, field in fields.items():
        place = f"{path}.{key}" if path else key
        if value.get(key) is not None:
            yield from _problems(unwrapped(field), value[key], place)
        elif field.is_required:
            yield Problem(place, "is required")
    for key, unknown in value.items():
        place = f"{path}.{key}" if path else key
        if fields and key not in fields:
            yield Problem(place, "is not expected")
        elif not fields and _depth_exceeds(unknown, MAX_DEPTH):
            yield Problem(place, f"must not nest deeper than {MAX_DEPTH} levels")


def _element_problems(port: Port, value: JsonList, path: str) -> Iterator[Problem]:
    if port.element is not None:
        for place, element in enumerate(value):
            yield from _problems(unwrapped(port.element), element, f"{path}[{place}]")
    yield from (Problem(path, problem) for problem in _own_constraints(port, value))


def _own_constraints(port: Port, value: JsonList) -> list[str]:
    """Those of the list itself: its elements have been checked."""
    return [problem for problem in constraint_problems(port, value) if not problem.startswith("[")]


def _depth_exceeds(value: object, most: int) -> bool:
    if most == 0:
        return True
    if is_object(value):
        return any(_depth_exceeds(field, most - 1) for field in value.values())
    return is_list(value) and any(_depth_exceeds(element, most - 1) for element in value)
