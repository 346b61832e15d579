"""JSON as JavaScript writes it: its numbers, its order of keys, its indentation."""

import json
import math
from typing import Final

import orjson

from chaingraph.errors import Rejected
from chaingraph.graph.json_types import is_list, is_number, is_object
from chaingraph.graph.texts import number_text
from chaingraph.graph.values import copied
from chaingraph.nodes.script_values import script_keys

_INDENT: Final = "  "


def compact_json(value: object) -> str:
    """One line without spaces; a missing value is null."""
    return _written(value, "", "")


def indented_json(value: object) -> str:
    """A line for each element and field, two spaces for each level."""
    return _written(value, "\n", _INDENT)


def parsed_json(text: str) -> object:
    """The value that a JSON text stands for; `Rejected` where it is none or nests too deeply."""
    try:
        return copied(orjson.loads(text))
    except orjson.JSONDecodeError as error:
        raise Rejected(f"Invalid JSON: {error}") from error


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
