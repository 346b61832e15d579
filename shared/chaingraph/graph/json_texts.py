"""JSON as JavaScript writes it: its numbers, its order of keys, its indentation."""

import json
import math
from collections.abc import Mapping
from typing import Final

from chaingraph.graph.json_types import is_list, is_number, is_object
from chaingraph.graph.texts import number_text

_INDENT: Final = "  "
_LONGEST_INDEX: Final = 9


def compact_json(value: object) -> str:
    """One line without spaces; a missing value is null."""
    return _written(value, "", "")


def indented_json(value: object) -> str:
    """A line for each element and field, two spaces for each level."""
    return _written(value, "\n", _INDENT)


def script_keys(value: Mapping[str, object]) -> list[str]:
    """The keys of an object in JavaScript's order: whole numbers by size, then the others as they came."""
    numbered = sorted((key for key in value if _is_index(key)), key=int)
    return [*numbered, *(key for key in value if not _is_index(key))] if numbered else list(value)


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdigit() and (key == "0" or key[0] != "0") and len(key) <= _LONGEST_INDEX


def _written(value: object, line: str, indent: str) -> str:
    inner = line + indent
    if is_list(value) and value:
        elements = ",".join(inner + _written(element, inner, indent) for element in value)
        return f"[{elements}{line}]"
    if is_object(value) and value:
        colon = ": " if indent else ":"
        keys = script_keys(value)
        fields = ",".join(
            f"{inner}{_quoted(key)}{colon}{_written(value[key], inner, indent)}" for key in keys
        )
        return f"{{{fields}{line}}}"
    return _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_number(value):
        return number_text(value) if math.isfinite(value) else "null"
    if is_list(value):
        return "[]"
    return "{}" if value is not None else "null"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
