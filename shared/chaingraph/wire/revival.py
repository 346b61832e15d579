"""From a SuperJSON tag and the JSON under it to the value it stands for; refuses the rest by its reason."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from chaingraph.errors import Rejected
from chaingraph.wire.values import (
    UNDEFINED,
    BigInt,
    ErrorValue,
    MapValue,
    RegExpValue,
    SetValue,
    Undefined,
    UrlValue,
    Value,
)

# Python refuses to read longer numbers anyway: their conversion takes quadratic time.
MAX_DIGITS: Final = 4000


def _undefined(json: Value) -> Undefined:
    if json is not None:
        raise Rejected("undefined is written as null")
    return UNDEFINED


def _date(json: Value) -> datetime:
    if not isinstance(json, str):
        raise Rejected("a Date is written as ISO-8601 text")
    try:
        moment = datetime.fromisoformat(json)
    except ValueError:
        raise Rejected(f"{json[:40]!r} is not an ISO-8601 date") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else _in_utc(moment)


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise Rejected("the date is out of range") from None


def _error(json: Value) -> ErrorValue:
    """A cause and other properties are dropped."""
    match json:
        case {"name": str() as name, "message": str() as message}:
            return ErrorValue(name, message)
        case _:
            raise Rejected("an Error is written as {name, message}")


def _big_int(json: Value) -> BigInt:
    if not isinstance(json, str) or re.fullmatch(rf"-?[0-9]{{1,{MAX_DIGITS}}}", json) is None:
        raise Rejected(f"a bigint is written as text of at most {MAX_DIGITS} digits")
    return BigInt(json)


_NUMBERS: Final[Mapping[str, float]] = {
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
    "-0": -0.0,
}


def _number(json: Value) -> float:
    if not isinstance(json, str) or json not in _NUMBERS:
        raise Rejected(f"a number that JSON does not have is one of {', '.join(_NUMBERS)}")
    return _NUMBERS[json]


def _set(json: Value) -> SetValue:
    if not isinstance(json, list):
        raise Rejected("a Set is written as an array")
    return SetValue(tuple(json))


def _map(json: Value) -> MapValue:
    if not isinstance(json, list):
        raise Rejected("a Map is written as an array of pairs")
    return MapValue(tuple(_entry(entry) for entry in json))


def _entry(json: Value) -> tuple[Value, Value]:
    match json:
        case [key, value]:
            return key, value
        case _:
            raise Rejected("a Map is written as an array of pairs")


def _regexp(json: Value) -> RegExpValue:
    written = re.fullmatch(r"/(.*)/([a-z]*)", json, re.DOTALL) if isinstance(json, str) else None
    if written is None:
        raise Rejected("a RegExp is written as /source/flags")
    return RegExpValue(*written.groups())


def _url(json: Value) -> UrlValue:
    if not isinstance(json, str) or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", json) is None:
        raise Rejected("a URL is written as absolute text")
    return UrlValue(json)


REVIVERS: Final[Mapping[str, Callable[[Value], Value]]] = {
    "undefined": _undefined,
    "Date": _date,
    "Error": _error,
    "bigint": _big_int,
    "number": _number,
    "set": _set,
    "map": _map,
    "regexp": _regexp,
    "URL": _url,
}
