"""Queries in the manner of Lucene, applied to values.

    name:ann  age:[20 TO 30}  age:>=21  home.city:"New York"  tags:a*  _exists_:age  NOT (b OR c)  +must -not

A term matches a text that is equal to it or has it as a word, regardless of case. Terms side by side are
alternatives unless AND, + or - says otherwise.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from chaingraph.errors import Rejected
from chaingraph.graph.json_types import is_list, is_number, is_object
from chaingraph.graph.missing import MISSING
from chaingraph.graph.texts import text_number
from chaingraph.nodes.flow_control import order_of
from chaingraph.nodes.script_values import as_text
from chaingraph.nodes.value_paths import found_at, steps_of

MAX_DEPTH: Final = 50
MAX_LENGTH: Final = 5_000

Matcher = Callable[[object], bool]

_PART: Final = re.compile(
    r"""\s*(?: (?P<field>[\w@][\w.@\[\]-]*): | (?P<phrase>"(?:\\.|[^"\\])*")
    | (?P<range>[\[{]\s*\S+\s+TO\s+\S+?\s*[\]}]) | (?P<mark>&&|\|\||[()+!-])
    | (?P<word>(?:\\.|[^\s()":])+) )""",
    re.VERBOSE,
)
_BOUNDS: Final = re.compile(r"([\[{])\s*(\S+)\s+TO\s+(\S+?)\s*([\]}])")
_COMPARISON: Final = re.compile(r"(>=|<=|>|<)(.+)")
_SUFFIX: Final = re.compile(r"[~^][0-9.]*$")
_TEXT_WORD: Final = re.compile(r"[\w*?'-]+")


@dataclass(frozen=True, slots=True)
class _Part:
    kind: str
    text: str


def matcher(query: str) -> Matcher:
    """A test for values; `Rejected` where the query is malformed. An empty query matches everything."""
    if len(query) > MAX_LENGTH:
        raise Rejected(f"Invalid query: longer than {MAX_LENGTH} characters")
    if not query.strip():
        return lambda _: True
    return _Parser(list(_parts(query.strip()))).query()


def _parts(query: str) -> Iterator[_Part]:
    position = 0
    while position < len(query):
        match = _PART.match(query, position)
        if match is None or match.lastgroup is None:
            raise Rejected(f"Invalid query: {query[position : position + 20]!r} is not understood")
        yield _Part(match.lastgroup, match[match.lastgroup])
        position = match.end()


class _Parser:
    def __init__(self, parts: Sequence[_Part]) -> None:
        self._parts = parts
        self._place = 0

    def query(self) -> Matcher:
        found = self._clauses(None, 0)
        if self._place < len(self._parts):
            raise Rejected("Invalid query: there is a ) too many")
        return found

    def _clauses(self, field: str | None, depth: int) -> Matcher:
        """Alternatives, with what is required and what is excluded."""
        if depth > MAX_DEPTH:
            raise Rejected(f"Invalid query: nested deeper than {MAX_DEPTH} levels")
        clauses: dict[str, list[Matcher]] = {"": [], "+": [], "-": []}
        while self._next() not in {"", ")"}:
            if self._next() in {"OR", "||"}:
                self._place += 1
                continue
            sign, matches = self._conjunction(field, depth)
            clauses[sign].append(matches)
        if not any(clauses.values()):
            raise Rejected("Invalid query: something is missing")
        return _combined(clauses[""], clauses["+"], clauses["-"])

    def _conjunction(self, field: str | None, depth: int) -> tuple[str, Matcher]:
        signed = [self._signed(field, depth)]
        while self._next() in {"AND", "&&"}:
            self._place += 1
            signed.append(self._signed(field, depth))
        if len(signed) == 1:
            return signed[0]
        required = [matches for sign, matches in signed if sign != "-"]
        excluded = [matches for sign, matches in signed if sign == "-"]
        return "", _combined([], required, excluded)

    def _signed(self, field: str | None, depth: int) -> tuple[str, Matcher]:
        sign = _SIGNS.get(self._next(), "")
        if sign:
            self._place += 1
        return sign, self._single(field, depth)

    def _single(self, field: str | None, depth: int) -> Matcher:
        if self._next() in {"", ")", "AND", "&&", "OR", "||"}:
            raise Rejected("Invalid query: something is missing")
        part = self._parts[self._place]
        self._place += 1
        if part.kind == "field":
            return self._single(part.text, depth)
        if part.text == "(" and part.kind == "mark":
            return self._group(field, depth)
        if field == "_exists_":
            return _applied(part.text, _is_there)
        return _applied(field, _test(part))

    def _group(self, field: str | None, depth: int) -> Matcher:
        found = self._clauses(field, depth + 1)
        if self._next() != ")":
            raise Rejected("Invalid query: a ) is missing")
        self._place += 1
        return found

    def _next(self) -> str:
        """The operator or bracket that comes next; a space for anything else, nothing at the end."""
        if self._place >= len(self._parts):
            return ""
        part = self._parts[self._place]
        return part.text if part.kind == "mark" or part.text in {"AND", "OR", "NOT"} else " "


_SIGNS: Final = {"+": "+", "-": "-", "!": "-", "NOT": "-"}


def _combined(
    alternatives: Sequence[Matcher], required: Sequence[Matcher], excluded: Sequence[Matcher]
) -> Matcher:
    def matches(value: object) -> bool:
        if any(excludes(value) for excludes in excluded) or not all(needs(value) for needs in required):
            return False
        return bool(required) or not alternatives or any(fits(value) for fits in alternatives)

    return matches


def _applied(field: str | None, test: Matcher) -> Matcher:
    """The test of every scalar at a field, or anywhere where no field is named."""
    steps = steps_of(field) if field is not None else []
    return lambda value: any(test(scalar) for found in _at(value, steps) for scalar in _scalars(found))


def _at(value: object, steps: Sequence[str]) -> Iterator[object]:
    """What is at the path; a field of an array is that field of each of its elements."""
    found = found_at(value, steps)
    if found is not MISSING:
        yield found
    elif is_list(value):
        for element in value:
            yield from _at(element, steps)
    elif steps:
        inner = found_at(value, steps[:1])
        if is_list(inner):
            yield from _at(inner, steps[1:])


def _scalars(value: object) -> Iterator[object]:
    if is_list(value):
        for element in value:
            yield from _scalars(element)
    elif is_object(value):
        for field in value.values():
            yield from _scalars(field)
    else:
        yield value


def _is_there(scalar: object) -> bool:
    return scalar is not None


def _test(part: _Part) -> Matcher:
    if part.kind == "phrase":
        phrase = part.text[1:-1].replace('\\"', '"').casefold()
        return lambda scalar: phrase in as_text(scalar).casefold()
    if part.kind == "range":
        return _range(part.text)
    comparison = _COMPARISON.fullmatch(part.text)
    if comparison is not None:
        return _bound(comparison[1], comparison[2])
    wanted = _SUFFIX.sub("", part.text).replace("\\", "").casefold()
    if wanted == "*":
        return _is_there
    number = text_number(wanted)
    return lambda scalar: _is_word(wanted, number, scalar)


def _is_word(wanted: str, number: float | None, scalar: object) -> bool:
    if is_number(scalar) and number is not None:
        return scalar == number
    text = as_text(scalar).casefold()
    if text == wanted or _is_like(text, wanted):
        return True
    return isinstance(scalar, str) and any(_is_like(word, wanted) for word in _TEXT_WORD.findall(text))


def _range(text: str) -> Matcher:
    """Square brackets include the bound, curly ones do not, a star is no bound."""
    match = _BOUNDS.fullmatch(text)
    if match is None:
        raise Rejected(f"Invalid query: {text} is no range")
    opening, low, high, closing = match.groups()
    lower, upper = _bound(">=" if opening == "[" else ">", low), _bound("<=" if closing == "]" else "<", high)
    return lambda scalar: scalar is not None and lower(scalar) and upper(scalar)


def _bound(operator: str, bound: str) -> Matcher:
    if bound == "*":
        return lambda _: True
    wanted: object = text_number(bound)
    limit = bound.strip('"') if wanted is None else wanted
    allowed = {">": {1}, ">=": {0, 1}, "<": {-1}, "<=": {-1, 0}}[operator]
    return lambda scalar: scalar is not None and order_of(scalar, limit) in allowed


def _is_like(text: str, pattern: str) -> bool:
    """A star stands for any characters, a question mark for one; linear in the text for each star."""
    place = start = after_star = 0
    star = -1
    while place < len(text):
        if start < len(pattern) and (pattern[start] == "?" or pattern[start] == text[place] != "*"):
            place, start = place + 1, start + 1
        elif start < len(pattern) and pattern[start] == "*":
            star, after_star, start = start, place, start + 1
        elif star >= 0:
            after_star += 1
            place, start = after_star, star + 1
        else:
            return False
    return not pattern[start:].strip("*")
