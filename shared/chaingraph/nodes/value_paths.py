"""Paths into values, as transforms take them: `a.b[0].c`."""

import re
from collections.abc import Sequence
from typing import Final

from chaingraph.graph.json_types import JsonObject, is_list, is_object
from chaingraph.graph.missing import MISSING
from chaingraph.graph.texts import utf16_length
from chaingraph.graph.values import copied

_SEPARATOR: Final = re.compile(r"[.\[\]]+")


def steps_of(path: str) -> list[str]:
    """The keys and places of a path; empty ones do not count."""
    return [step for step in _SEPARATOR.split(path) if step]


def found_at(value: object, steps: Sequence[str]) -> object:
    """The value at a path, or MISSING; a text or an array has a `length`."""
    for step in steps:
        value = _inside(value, step)
    return value


def _inside(value: object, step: str) -> object:
    if is_object(value):
        return value.get(step, MISSING)
    if is_list(value):
        if step.isascii() and step.isdigit() and int(step) < len(value):
            return value[int(step)]
        return len(value) if step == "length" else MISSING
    if isinstance(value, str) and step == "length":
        return utf16_length(value)
    return MISSING


def put_at(target: JsonObject, keys: Sequence[str], value: object) -> None:
    """Set a field of an object, making the objects on the way to it."""
    for key in keys[:-1]:
        inner = target.get(key)
        if not is_object(inner):
            inner = target[key] = {}
        target = inner
    target[keys[-1]] = value


def merged(first: object, second: object) -> object:
    """Two objects merged field by field, the second one winning; anything else is replaced by the second."""
    if not is_object(first) or not is_object(second):
        return copied(second)
    result: JsonObject = {key: copied(value) for key, value in first.items()}
    for key, value in second.items():
        result[key] = merged(result.get(key), value)
    return result
