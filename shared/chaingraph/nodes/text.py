"""Texts and what can be read from them."""

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from chaingraph.errors import Rejected
from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.json_types import is_number
from chaingraph.graph.kinds import boolean, number, string
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.graph.texts import number_text, utf16_length
from chaingraph.nodes.script_values import as_text, finite

CATEGORY = "data"

MOST_DIGITS: Final = 1_000
_EXACT: Final = Context(prec=MOST_DIGITS + 400, rounding=ROUND_HALF_UP, traps=[])


class NumberToStringNode(NodeType, title="Number to String", category=CATEGORY, pure=True):
    """Writes a number as text: in its shortest form, or with a fixed number of decimal places."""

    value = Input(number(), key="number")
    decimal_places = Input(
        number(default=-1, minimum=-1, integer=True), required=True, description="-1: as many as needed"
    )
    exponential = Input(boolean())
    text = Output(string())

    def run(self, scope: Scope) -> None:
        value: object = self.value
        if not is_number(value):
            raise Rejected("Number is required")
        places = int(finite(self.decimal_places))
        if places > MOST_DIGITS:
            raise Rejected(f"At most {MOST_DIGITS} decimal places are possible")
        self.text = _exponential(value, places) if self.exponential else _fixed(value, places)


def _fixed(value: float, places: int) -> str:
    if places < 0:
        return number_text(value)
    return f"{_decimal(value).quantize(Decimal(1).scaleb(-places), context=_EXACT):f}"


def _exponential(value: float, places: int) -> str:
    number = _decimal(value).normalize()
    if places >= 0 and number:
        number = Context(prec=places + 1, rounding=ROUND_HALF_UP).plus(number)
    exponent = number.adjusted() if number else 0
    digits = "".join(map(str, number.as_tuple().digits)).ljust(max(places, 0) + 1, "0")
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{'-' if number < 0 else ''}{digits[0]}{fraction}e{exponent:+d}"


def _decimal(value: float) -> Decimal:
    return Decimal(repr(float(value)))


class StringLengthNode(NodeType, title="String Length", category=CATEGORY, pure=True):
    """Counts the characters of a text as JavaScript does, in UTF-16 code units."""

    text = Input(string())
    length = Output(number(), required=True)

    def run(self, scope: Scope) -> None:
        self.length = utf16_length(as_text(self.text))


class TextSearchNode(NodeType, title="Text Search", category=CATEGORY, pure=True):
    """True if a text contains another one, regardless of case."""

    source_text = Input(string(min_length=1))
    search_text = Input(string())
    result = Output(boolean())

    def run(self, scope: Scope) -> None:
        source, wanted = as_text(self.source_text).lower(), as_text(self.search_text).lower()
        self.result = bool(source) and wanted in source


NODE_TYPES = (
    NumberToStringNode,
    StringLengthNode,
    TextSearchNode,
)
