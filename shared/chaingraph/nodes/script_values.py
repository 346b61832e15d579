"""Values of any type read as numbers or texts, the way JavaScript reads them."""

import math
import re
from typing import Final

from chaingraph.graph.json_types import is_list, is_number
from chaingraph.graph.texts import number_text, text_number

_OTHER_BASE: Final = re.compile(r"0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+")
_INFINITE: Final = {"Infinity": math.inf, "+Infinity": math.inf, "-Infinity": -math.inf}


def as_number(value: object) -> float | None:
    """The number that a value stands for: 0 for null and an empty text, 1 for true; None for no number."""
    if value is None:
        return 0
    if isinstance(value, bool):
        return int(value)
    if is_number(value):
        return None if math.isnan(value) else value
    if isinstance(value, str):
        return _text_as_number(value.strip())
    if is_list(value):
        return _text_as_number(as_text(value).strip())
    return None


def _text_as_number(text: str) -> float | None:
    if not text:
        return 0
    if _OTHER_BASE.fullmatch(text):
        return float(int(text, 0))
    return _INFINITE.get(text, text_number(text))


def as_text(value: object) -> str:
    """The text of a value; null is an empty text, as in a template."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_number(value):
        return number_text(value)
    if is_list(value):
        return ",".join(map(as_text, value))
    return "[object Object]"


def finite(value: object) -> int | float:
    """The value if it is a finite number, else 0."""
    return value if is_number(value) and math.isfinite(value) else 0
