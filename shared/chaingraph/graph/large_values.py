"""References to values that are kept elsewhere: what stands in an event or a result instead of the value."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self

from chaingraph.graph.json_types import JsonObject, is_object

_NAME: Final = "$large"


@dataclass(frozen=True, slots=True)
class LargeValue:
    """`size`: bytes of its JSON."""

    sha256: str
    size: int

    @classmethod
    def of(cls, content: bytes) -> Self:
        return cls(sha256(content).hexdigest(), len(content))


def reference_form(value: LargeValue) -> JsonObject:
    return {_NAME: {"sha256": value.sha256, "bytes": value.size}}


def large_value_of(form: object) -> LargeValue | None:
    """The value that a form refers to, or None."""
    inner = form.get(_NAME) if is_object(form) and len(form) == 1 else None
    match inner:
        case {"sha256": str(digest), "bytes": int(size)} if is_object(inner) and len(inner) == 2:  # noqa: PLR2004
            return LargeValue(digest, size)
        case _:
            return None
