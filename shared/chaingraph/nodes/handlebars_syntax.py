"""Handlebars templates as trees."""

import re
from dataclasses import dataclass, field
from typing import Final

from chaingraph.errors import Rejected
from chaingraph.graph.texts import text_number
from chaingraph.nodes.handlebars_tags import Tag, text_and_tags

MAX_DEPTH: Final = 50

_WORD: Final = re.compile(
    r"""\s*(?: (?P<open>\() | (?P<close>\)) | (?P<text>"[^"]*"|'[^']*') | as\s+\|(?P<names>[^|]*)\|
    | (?P<option>[\w-]+)= | (?P<path>(?:\[[^\]]*\]|[^\s()=|"'\[\]])+) )\s*""",
    re.VERBOSE,
)
_STEP: Final = re.compile(r"\[([^\]]*)\]|([^./\[\]]+)")
_WORDS: Final[dict[str, object]] = {"true": True, "false": False, "null": None, "undefined": None}


@dataclass(frozen=True, slots=True)
class Literal:
    value: object


@dataclass(frozen=True, slots=True)
class Path:
    """`levels`: how many contexts up it starts; `is_variable`: a name like @index; `text`: as written."""

    steps: tuple[str, ...]
    levels: int
    is_variable: bool
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A value, or a helper with what it is given."""

    subject: "Expression"
    arguments: tuple["Expression", ...] = ()
    options: tuple[tuple[str, "Expression"], ...] = ()
    names: tuple[str, ...] = ()


Expression = Literal | Path | Call


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    call: Call
    body: tuple["Part", ...]
    otherwise: tuple["Part", ...]


Part = Text | Call | Block


def parsed(template: str) -> tuple[Part, ...]:
    """The template's parts; `Rejected` where it is malformed."""
    parser = _Parser()
    for part in text_and_tags(template):
        if isinstance(part, Tag):
            parser.add_tag(part)
        elif part:
            parser.add(Text(part))
    return parser.parts()


@dataclass(slots=True)
class _Open:
    """A block whose end has not come; `is_chained`: an `else if`, which ends with the block around it."""

    call: Call
    name: str
    is_inverse: bool = False
    is_chained: bool = False
    body: list[Part] = field(default_factory=list[Part])
    otherwise: list[Part] | None = None

    def add(self, part: Part) -> None:
        (self.body if self.otherwise is None else self.otherwise).append(part)

    def closed(self) -> Block:
        sides = tuple(self.body), tuple(self.otherwise or ())
        return Block(self.call, *reversed(sides)) if self.is_inverse else Block(self.call, *sides)


class _Parser:
    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._open: list[_Open] = []

    def parts(self) -> tuple[Part, ...]:
        if self._open:
            raise Rejected(f"Template error: block {self._open[-1].name!r} is not closed")
        return tuple(self._parts)

    def add(self, part: Part) -> None:
        if self._open:
            self._open[-1].add(part)
        else:
            self._parts.append(part)

    def add_tag(self, tag: Tag) -> None:
        match tag.kind:
            case "":
                self.add(_call(tag.body))
            case "#":
                self._begin(_Open(_call(tag.body), _name(tag.body)))
            case "^" if tag.body:
                self._begin(_Open(_call(tag.body), _name(tag.body), is_inverse=True))
            case "^" | "else":
                self._turn(tag.body)
            case "/":
                self._end(tag.body)
            case _:
                pass

    def _begin(self, block: _Open) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise Rejected(f"Template error: blocks nest deeper than {MAX_DEPTH} levels")
        self._open.append(block)

    def _turn(self, body: str) -> None:
        if not self._open or self._open[-1].otherwise is not None:
            raise Rejected("Template error: else without a block")
        self._open[-1].otherwise = []
        if body:
            self._begin(_Open(_call(body), _name(body), is_chained=True))

    def _end(self, name: str) -> None:
        while self._open and self._open[-1].is_chained:
            self.add(self._open.pop().closed())
        if not self._open or self._open[-1].name != name:
            raise Rejected(f"Template error: {{{{/{name}}}}} closes no block of that name")
        self.add(self._open.pop().closed())


def _name(body: str) -> str:
    return body.split(maxsplit=1)[0] if body else ""


def _call(body: str) -> Call:
    return _Words(body).call(0)


class _Words:
    """Reads the words inside a tag from the left to the right."""

    def __init__(self, body: str) -> None:
        self._body = body
        self._place = 0

    def call(self, depth: int) -> Call:
        expressions: list[Expression] = []
        options: list[tuple[str, Expression]] = []
        names: tuple[str, ...] = ()
        while (kind := self._next()) is not None and not (kind == "close" and depth):
            if kind == "names":
                names = tuple(self._word.split())
            elif kind == "option":
                name = self._word
                options.append((name, self._expression(self._next(), depth)))
            else:
                expressions.append(self._expression(kind, depth))
        if not expressions or (depth and kind is None):
            raise self._malformed()
        return Call(expressions[0], tuple(expressions[1:]), tuple(options), names)

    def _next(self) -> str | None:
        if self._place >= len(self._body):
            return None
        match = _WORD.match(self._body, self._place)
        if match is None or match.lastgroup is None:
            raise self._malformed()
        self._place = match.end()
        self._word = match[match.lastgroup]
        return match.lastgroup

    def _expression(self, kind: str | None, depth: int) -> Expression:
        if kind == "open" and depth < MAX_DEPTH:
            return self.call(depth + 1)
        if kind == "text":
            return Literal(self._word[1:-1])
        if kind == "path":
            return _path(self._word)
        raise self._malformed()

    def _malformed(self) -> Rejected:
        return Rejected(f"Template error: {{{{{self._body}}}}} is malformed")


def _path(text: str) -> Literal | Path:
    if text in _WORDS:
        return Literal(_WORDS[text])
    number = text_number(text)
    if number is not None:
        return Literal(number)
    rest = text.removeprefix("@")
    levels = 0
    while rest == ".." or rest.startswith("../"):
        levels += 1
        rest = rest[3:]
    steps = tuple(literal or name for literal, name in _STEP.findall(rest))
    if steps and steps[0] == "this" and not text.startswith("[") and not text.startswith("@"):
        steps = steps[1:]
    return Path(steps, levels, text.startswith("@"), text)
