"""Numbers and texts as JavaScript writes them: what users of the reference engine see in their flows."""

import math
import re
from decimal import Decimal
from typing import Final

# Beyond it, not every whole number has a double of its own.
LARGEST_SAFE: Final = 2**53

# JavaScript writes numbers without an exponent between these powers of ten.
_MOST_DIGITS: Final = 21
_FIRST_ZEROS: Final = -6

_NUMBER: Final = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_LONGEST_NUMBER: Final = 400


def tidy(number: float) -> int | float:
    """A whole number as int: 3 and not 3.0. What is too large to be exact is a float."""
    if isinstance(number, int):
        return number if -LARGEST_SAFE <= number <= LARGEST_SAFE else double(number)
    if number.is_integer() and -LARGEST_SAFE <= number <= LARGEST_SAFE:
        return int(number)
    return number


def text_number(text: str) -> int | float | None:
    """The finite number that a text writes in decimal digits, or None."""
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return tidy(number) if math.isfinite(number) else None


def number_text(number: float) -> str:
    """The shortest text that gives the same double: 1e+21, 0.000001, 1e-7, 100000000000000000000."""
    exact = double(number)
    if math.isnan(exact):
        return "NaN"
    if math.isinf(exact):
        return "Infinity" if exact > 0 else "-Infinity"
    if exact == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(exact)).normalize().as_tuple()
    text = _placed("".join(map(str, digits)), len(digits) + int(exponent))
    return "-" + text if sign else text


def _placed(digits: str, point: int) -> str:
    """Digits with the decimal point after the first `point` of them."""
    if len(digits) <= point <= _MOST_DIGITS:
        return digits + "0" * (point - len(digits))
    if 0 < point <= _MOST_DIGITS:
        return f"{digits[:point]}.{digits[point:]}"
    if _FIRST_ZEROS < point <= 0:
        return "0." + "0" * -point + digits
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"


def double(number: float) -> float:
    """The number as a double: infinite where it is too large for one."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def well_formed(text: str) -> str:
    """The text as UTF-8 can hold it: a surrogate without its other half becomes a replacement character."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def utf16_length(text: str) -> int:
    """The length that JavaScript gives a text: a character outside the basic plane counts twice."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
