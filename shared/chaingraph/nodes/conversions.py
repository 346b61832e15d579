"""Values of one type made from values of another; edges do not convert."""

import math
from typing import Final

from chaingraph.errors import Rejected
from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.json_texts import compact_json
from chaingraph.graph.json_types import is_list, is_number, is_object
from chaingraph.graph.kinds import any_value, boolean, number, string
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.graph.texts import text_number
from chaingraph.nodes.refusals import shown
from chaingraph.nodes.script_values import as_text
from chaingraph.nodes.text import CATEGORY

TRUE_WORDS: Final = frozenset({"true", "yes", "y", "on", "1"})
FALSE_WORDS: Final = frozenset({"false", "no", "n", "off", "0", ""})


class StringToNumberNode(NodeType, title="String to Number", category=CATEGORY, pure=True):
    """Reads a decimal number like -12.5 or 1e3; fails where a text is none, unless there is a fallback."""

    text = Input(string())
    fallback = Input(number(default=None), description="The result for a text that is no number")
    result = Output(number(), key="number")
    is_number = Output(boolean())

    def run(self, scope: Scope) -> None:
        found = _number_of(self.text)
        self.is_number = found is not None
        result = self.fallback if found is None else found
        if result is None:
            raise Rejected(f"{shown(self.text)} is not a number")
        self.result = result


def _number_of(value: object) -> int | float | None:
    if isinstance(value, str):
        return text_number(value)
    return value if is_number(value) and math.isfinite(value) else None


class ToBooleanNode(NodeType, title="To Boolean", category=CATEGORY, pure=True):
    """True for true, yes, y, on, 1, any number but 0, and lists and objects that are not empty.

    False for false, no, n, off, 0, an empty text and null, whatever the case. Other texts are refused.
    """

    value = Input(any_value())
    result = Output(boolean())

    def run(self, scope: Scope) -> None:
        self.result = truth_of(self.value)


def truth_of(value: object) -> bool:
    if not isinstance(value, str):
        return bool(value)
    word = value.strip().lower()
    if word not in TRUE_WORDS and word not in FALSE_WORDS:
        raise Rejected(f"{shown(value)} is neither true nor false")
    return word in TRUE_WORDS


class BooleanToStringNode(NodeType, title="Boolean to String", category=CATEGORY, pure=True):
    """One text for true, another one for false."""

    value = Input(boolean(), key="boolean")
    text_if_true = Input(string(default="true"))
    text_if_false = Input(string(default="false"))
    text = Output(string())

    def run(self, scope: Scope) -> None:
        self.text = as_text(self.text_if_true if self.value else self.text_if_false)


class BooleanToNumberNode(NodeType, title="Boolean to Number", category=CATEGORY, pure=True):
    """1 for true, 0 for false."""

    value = Input(boolean(), key="boolean")
    result = Output(number(), key="number")

    def run(self, scope: Scope) -> None:
        self.result = 1 if self.value else 0


class ToStringNode(NodeType, title="To String", category=CATEGORY, pure=True):
    """Any value as text: texts as they are, null as an empty text, lists and objects as JSON in one line."""

    value = Input(any_value())
    text = Output(string())

    def run(self, scope: Scope) -> None:
        value = self.value
        self.text = compact_json(value) if is_list(value) or is_object(value) else as_text(value)


NODE_TYPES = (
    StringToNumberNode,
    ToBooleanNode,
    BooleanToStringNode,
    BooleanToNumberNode,
    ToStringNode,
)
