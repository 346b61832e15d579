"""From a value to the JSON it is written as, with the SuperJSON tags that bring it back."""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, TypeAlias, cast

from chaingraph.errors import Problem, rejected
from chaingraph.wire.values import (
    FORBIDDEN_KEYS,
    MAX_DEPTH,
    BigInt,
    ErrorValue,
    Json,
    MapValue,
    RegExpValue,
    SetValue,
    Undefined,
    UrlValue,
    date_text,
)

Annotation: TypeAlias = "list[Json] | dict[str, Json] | None"

# An answer wraps what was accepted at `MAX_DEPTH` into some levels of its own.
_MAX_DEPTH: Final = MAX_DEPTH + 72

# What fits in 64 bits is written digit by digit; JavaScript reads anything larger as a double anyway.
_LARGEST: Final = 2**63


def dehydrated(value: object, depth: int = 0) -> tuple[Json, Annotation]:
    if depth > _MAX_DEPTH:
        raise rejected([Problem("", f"nested more than {_MAX_DEPTH} levels deep")])
    match value:
        case dict():
            return _object(cast("Mapping[str, object]", value).items(), depth)
        case list() | tuple():
            return _array(cast("Iterable[object]", value), depth)
        case SetValue():
            return _typed("set", _array(value.elements, depth))
        case MapValue():
            return _typed("map", _array(value.entries, depth))
        case _:
            return _scalar(value)


def _object(fields: Iterable[tuple[str, object]], depth: int) -> tuple[Json, Annotation]:
    json: dict[str, Json] = {}
    tags: dict[str, Json] = {}
    for key, child in fields:
        json[key], annotation = dehydrated(child, depth + 1)
        if annotation:
            tags.update(_below(key, annotation))
    return json, tags


def _array(elements: Iterable[object], depth: int) -> tuple[Json, Annotation]:
    json: list[Json] = []
    tags: dict[str, Json] = {}
    for index, child in enumerate(elements):
        written, annotation = dehydrated(child, depth + 1)
        json.append(written)
        if annotation:
            tags.update(_below(str(index), annotation))
    return json, tags


def _below(key: str, annotation: list[Json] | dict[str, Json]) -> dict[str, Json]:
    """The child's annotation as seen from its parent: paths below an untagged child are joined to its key."""
    if key in FORBIDDEN_KEYS:
        raise rejected([Problem(key, "this key is not allowed above a tagged value")])
    escaped = key.replace("\\", "\\\\").replace(".", "\\.")
    if isinstance(annotation, list):
        return {escaped: annotation}
    return {f"{escaped}.{path}": tags for path, tags in annotation.items()}


def _typed(tag: str, written: tuple[Json, Annotation]) -> tuple[Json, Annotation]:
    json, below = written
    return json, [tag, cast("Json", below)] if below else [tag]


def _scalar(value: object) -> tuple[Json, Annotation]:
    match value:
        case BigInt():
            return str(value), ["bigint"]
        case None | bool() | str():
            return value, None
        case int():
            return (value, None) if -_LARGEST <= value < _LARGEST else (float(value), None)
        case float():
            return _float(value)
        case datetime():
            return date_text(value), ["Date"]
        case _:
            return _tagged_scalar(value)


def _float(value: float) -> tuple[Json, Annotation]:
    if math.isfinite(value):
        return ("-0", ["number"]) if value == 0 and math.copysign(1, value) < 0 else (value, None)
    if math.isnan(value):
        return "NaN", ["number"]
    return "Infinity" if value > 0 else "-Infinity", ["number"]


def _tagged_scalar(value: object) -> tuple[Json, Annotation]:
    match value:
        case Undefined():
            return None, ["undefined"]
        case ErrorValue():
            return {"name": value.name, "message": value.message}, ["Error"]
        case RegExpValue():
            return f"/{value.source}/{value.flags}", ["regexp"]
        case UrlValue():
            return value.text, ["URL"]
        case _:
            raise TypeError(f"{type(value).__name__} has no SuperJSON form")
