"""What JavaScript can say and JSON cannot, as immutable Python values."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Final, TypeAlias

# No value is read or written below this depth, so that no later walk over it can exhaust the stack.
MAX_DEPTH: Final = 128

# Keys that let a JavaScript program overwrite its own prototypes; superjson refuses to write them too.
FORBIDDEN_KEYS: Final = frozenset({"__proto__", "prototype", "constructor"})

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


class Undefined(Enum):
    """The type of `UNDEFINED`; an enum so that type checkers narrow it."""

    UNDEFINED = "undefined"


UNDEFINED: Final = Undefined.UNDEFINED


class BigInt(int):
    """An integer that travels as text, whatever its size."""


@dataclass(frozen=True, slots=True)
class ErrorValue:
    name: str
    message: str


@dataclass(frozen=True, slots=True)
class RegExpValue:
    source: str
    flags: str


@dataclass(frozen=True, slots=True)
class UrlValue:
    text: str


@dataclass(frozen=True, slots=True)
class SetValue:
    """A JavaScript Set: in order, and its elements need not be hashable."""

    elements: "tuple[Value, ...]"


@dataclass(frozen=True, slots=True)
class MapValue:
    """A JavaScript Map: in order, and its keys need not be hashable."""

    entries: "tuple[tuple[Value, Value], ...]"


Scalar: TypeAlias = (
    "bool | int | float | str | datetime | Undefined | ErrorValue | RegExpValue | UrlValue | None"
)
Value: TypeAlias = "Scalar | SetValue | MapValue | list[Value] | dict[str, Value]"


def date_text(moment: datetime) -> str:
    """As JavaScript writes a Date: UTC, milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def plain_json(value: Value) -> Json:
    """What remains of a value where only JSON can be kept.

    As `JSON.stringify` would write it, but less is lost: sets become arrays, maps arrays of pairs, big
    integers text.
    """
    match value:
        case dict():
            return {key: plain_json(child) for key, child in value.items() if child is not UNDEFINED}
        case list():
            return [plain_json(child) for child in value]
        case SetValue():
            return [plain_json(element) for element in value.elements]
        case MapValue():
            return [[plain_json(key), plain_json(child)] for key, child in value.entries]
        case _:
            return _plain_scalar(value)


def _plain_scalar(value: Scalar) -> Json:
    match value:
        case datetime():
            return date_text(value)
        case Undefined():
            return None
        case ErrorValue():
            return {"name": value.name, "message": value.message}
        case RegExpValue():
            return f"/{value.source}/{value.flags}"
        case UrlValue():
            return value.text
        case BigInt():
            return str(value)
        case float() if not math.isfinite(value):
            return None
        case _:
            return value
