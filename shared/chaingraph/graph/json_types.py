"""JSON as Python sees it, and the checks that give an unknown value its type."""

from typing import TypeGuard

JsonObject = dict[str, object]
JsonList = list[object]


def is_object(value: object) -> TypeGuard[JsonObject]:
    """True for a JSON object; keys are texts because JSON has no others."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[JsonList]:
    return isinstance(value, list)


def is_number(value: object) -> TypeGuard[int | float]:
    """True for a number; JSON's booleans are none, unlike Python's."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def object_of(value: object) -> JsonObject:
    """The value if it is a JSON object, else an empty one."""
    return value if is_object(value) else {}


def list_of(value: object) -> JsonList:
    return value if is_list(value) else []
