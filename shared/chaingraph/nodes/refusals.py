"""What nodes say about values that they cannot use."""

from typing import Final

from chaingraph.errors import Rejected
from chaingraph.graph.json_texts import compact_json

_LONGEST: Final = 100


def shown(value: object) -> str:
    """A value as a message names it."""
    text = compact_json(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def unknown(what: str, option: object) -> Rejected:
    """An enum port can get what is none of its options over an edge."""
    return Rejected(f"Unknown {what}: {shown(option)}")
