"""Texts made from texts.

Places in a text are counted as String Length counts characters, in UTF-16 code units; a character that a cut
would halve is left out. A text that would get longer than `MAX_LENGTH` is refused before it is made.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from chaingraph.errors import Rejected
from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.json_types import list_of
from chaingraph.graph.kinds import array, boolean, enum, number, string
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.graph.texts import utf16_length
from chaingraph.nodes.refusals import unknown
from chaingraph.nodes.script_values import as_text, finite
from chaingraph.nodes.text import CATEGORY

MAX_LENGTH: Final = 5_000_000

# What JavaScript takes for white space when it trims.
BLANKS: Final = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_WORD: Final = re.compile(r"\S+")

SIDES: Final = {"both": "Both ends", "start": "Start", "end": "End"}


def _check_length(length: int) -> None:
    if length > MAX_LENGTH:
        raise Rejected(f"The result would have {length} characters; at most {MAX_LENGTH} are possible")


class StringConcatNode(NodeType, title="String Concat", category=CATEGORY, pure=True):
    """One text after the other, with a separator between them."""

    a = Input(string())
    b = Input(string())
    separator = Input(string())
    result = Output(string())

    def run(self, scope: Scope) -> None:
        self.result = joined([as_text(self.a), as_text(self.b)], as_text(self.separator))


class StringJoinNode(NodeType, title="String Join", category=CATEGORY, pure=True):
    """All texts of an array, with a separator between them."""

    texts = Input(array(string()))
    separator = Input(string(default=", "))
    result = Output(string())

    def run(self, scope: Scope) -> None:
        self.result = joined([as_text(text) for text in list_of(self.texts)], as_text(self.separator))


def joined(texts: list[str], separator: str) -> str:
    _check_length(sum(map(len, texts)) + len(separator) * (len(texts) - 1))
    return separator.join(texts)


class StringSplitNode(NodeType, title="String Split", category=CATEGORY, pure=True):
    """The parts of a text between separators; without a separator, its characters.

    With a limit, the last part holds the rest of the text.
    """

    text = Input(string())
    separator = Input(string(default=","))
    limit = Input(number(minimum=0, integer=True), description="The most parts; 0: all")
    skip_empty = Input(boolean(), description="Leave out parts without characters")
    parts = Output(array(string()))

    def run(self, scope: Scope) -> None:
        text, separator = as_text(self.text), as_text(self.separator)
        most = int(finite(self.limit)) - 1
        parts = text.split(separator, most) if separator else _characters(text, most)
        self.parts = [part for part in parts if part] if self.skip_empty else parts


def _characters(text: str, most: int) -> list[str]:
    if most < 0 or len(text) <= most:
        return list(text)
    return [*text[:most], text[most:]]


class StringReplaceNode(NodeType, title="String Replace", category=CATEGORY, pure=True):
    """A text with another one put in the place of what is searched for."""

    text = Input(string())
    search = Input(string())
    replacement = Input(string())
    occurrences = Input(enum({"all": "All", "first": "The first"}, default="all"))
    result = Output(string())
    count = Output(number(), description="How many were replaced")

    def run(self, scope: Scope) -> None:
        text, search, replacement = as_text(self.text), as_text(self.search), as_text(self.replacement)
        if not search:
            raise Rejected("What to search for is required")
        if self.occurrences not in {"all", "first"}:
            raise unknown("choice of occurrences", self.occurrences)
        found = text.count(search)
        count = min(found, 1) if self.occurrences == "first" else found
        _check_length(len(text) + count * (len(replacement) - len(search)))
        self.result = text.replace(search, replacement, count)
        self.count = count


class StringCaseNode(NodeType, title="String Case", category=CATEGORY, pure=True):
    """A text in upper case, in lower case, or with its first letter or those of its words in upper case."""

    text = Input(string())
    to = Input(
        enum(
            {
                "upper": "UPPER CASE",
                "lower": "lower case",
                "capitalized": "First letter of the text",
                "title": "First Letter Of Each Word",
            },
            default="upper",
        ),
        key="case",
        title="Case",
    )
    result = Output(string())

    def run(self, scope: Scope) -> None:
        change = _CASES.get(self.to or "")
        if change is None:
            raise unknown("case", self.to)
        self.result = change(as_text(self.text))


def _capitalized(text: str) -> str:
    """The other letters stay: "iOS devices" becomes "IOS devices"."""
    return text[:1].upper() + text[1:]


_CASES: Final[Mapping[str, Callable[[str], str]]] = {
    "upper": str.upper,
    "lower": str.lower,
    "capitalized": _capitalized,
    "title": lambda text: _WORD.sub(lambda word: _capitalized(word.group()), text),
}


class StringTrimNode(NodeType, title="String Trim", category=CATEGORY, pure=True):
    """A text without the white space, or without the given characters, at its ends."""

    text = Input(string())
    sides = Input(enum(SIDES, default="both"))
    characters = Input(string(), description="Empty: white space")
    result = Output(string())

    def run(self, scope: Scope) -> None:
        if self.sides not in SIDES:
            raise unknown("side", self.sides)
        text, characters = as_text(self.text), as_text(self.characters) or BLANKS
        if self.sides != "end":
            text = text.lstrip(characters)
        self.result = text if self.sides == "start" else text.rstrip(characters)


class SubstringNode(NodeType, title="Substring", category=CATEGORY, pure=True):
    """The characters from one place to before another; −1 is the end, other negative places count from it."""

    text = Input(string())
    start = Input(number(integer=True))
    end = Input(number(default=-1, integer=True))
    result = Output(string())

    def run(self, scope: Scope) -> None:
        start, end = int(finite(self.start)), int(finite(self.end))
        self.result = _between(as_text(self.text), start, None if end == -1 else end)


def _between(text: str, start: int, end: int | None) -> str:
    if text.isascii():
        return text[start:end]
    units = text.encode("utf-16-le", "surrogatepass")
    places = slice(start, end).indices(len(units) // 2)
    return units[places[0] * 2 : max(places[:2]) * 2].decode("utf-16-le", "ignore")


class StringPadNode(NodeType, title="String Pad", category=CATEGORY, pure=True):
    """A text made as long as wanted by a filling at its start or end; a longer one stays as it is."""

    text = Input(string())
    length = Input(number(minimum=0, integer=True))
    filling = Input(string(default=" "))
    side = Input(enum({"start": "Start", "end": "End"}, default="start"))
    result = Output(string())

    def run(self, scope: Scope) -> None:
        text, filling = as_text(self.text), as_text(self.filling)
        if self.side not in {"start", "end"}:
            raise unknown("side", self.side)
        wanted = int(finite(self.length))
        _check_length(wanted)
        added = _filled(filling, wanted - utf16_length(text))
        self.result = added + text if self.side == "start" else text + added


def _filled(filling: str, length: int) -> str:
    if not filling or length <= 0:
        return ""
    return _between(filling * -(-length // utf16_length(filling)), 0, length)


NODE_TYPES = (
    StringConcatNode,
    StringJoinNode,
    StringSplitNode,
    StringReplaceNode,
    StringCaseNode,
    StringTrimNode,
    SubstringNode,
    StringPadNode,
)
