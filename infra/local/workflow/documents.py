"""JSON documents: what travels between states, as values inside and as text at the edges."""

from typing import TypeAlias

import orjson

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"

LIMIT_BYTES = 262_144


def encode(document: object) -> str:
    return orjson.dumps(document).decode()


def decode(text: str | bytes) -> JSON:
    """Raises ValueError for what is not JSON."""
    return orjson.loads(text)


def is_too_large(document: JSON) -> bool:
    """In bytes, or in ways that keep it from being written: nested too deep, a number beyond 64 bits."""
    try:
        written = orjson.dumps([[[[document]]]])  # as deep as it is ever stored
    except TypeError:
        return True
    return len(written) - 8 > LIMIT_BYTES


def as_object(document: JSON) -> dict[str, JSON]:
    return document if isinstance(document, dict) else {}


def printable(text: str) -> str:
    """The text without what neither PostgreSQL nor UTF-8 can store."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
