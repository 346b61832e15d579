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


def same_json(one: object, other: object) -> bool:
    """Equal as JSON: unlike `==`, true is not 1."""
    if is_object(one) and is_object(other):
        return one.keys() == other.keys() and all(same_json(one[key], other[key]) for key in one)
    if is_list(one) and is_list(other):
        return len(one) == len(other) and all(map(same_json, one, other))
    return one == other and isinstance(one, bool) == isinstance(other, bool)
