"""Long lines of YAML, broken where the reference engine breaks them: at single spaces, at 80 characters."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

WIDTH: Final = 80
# However deep a text stands, so much of it goes into a line.
LEAST: Final = 20
# A longer text stays in one line: whoever waits for it waits for others, too.
LONGEST: Final = 100_000

_BLANKS: Final = frozenset(" \t")
_SPACES: Final = frozenset(" \t\n")
_ESCAPES: Final = {"x": 4, "u": 6, "U": 10}


class Mode(StrEnum):
    """`QUOTED`: a line without a space is broken, too. `BLOCK`: indented lines are left alone."""

    FLOW = "flow"
    BLOCK = "block"
    QUOTED = "quoted"


@dataclass(slots=True)
class Folding:
    """`at_start`: how much stands before the text in its first line. `overflows`: a line stays too long."""

    text: str
    indent: str
    mode: Mode
    at_start: int | None = None
    overflows: bool = False
    _end: int = 0
    _place: int = -1
    _split: int | None = None
    _escape: tuple[int, int] = (-1, -1)
    _folds: dict[int, str] = field(default_factory=dict[int, str])
    """What stands before each break."""

    @property
    def _step(self) -> int:
        return max(LEAST, WIDTH - len(self.indent)) + 1

    def folded(self) -> str:
        if not self._step < len(self.text) <= LONGEST:
            return self.text
        self._begin()
        before = ""
        while self._place + 1 < len(self.text):
            self._place += 1
            before = self._look(self.text[self._place], before)
        return self._broken()

    def _begin(self) -> None:
        self._end = WIDTH - len(self.indent)
        if self.at_start is not None and self.at_start > WIDTH - LEAST:
            self._folds[0] = ""
        elif self.at_start is not None:
            self._end = WIDTH - self.at_start
        if self.mode is Mode.BLOCK:
            self._skip_indented()
            if self._place >= 0:
                self._end = self._place + self._step

    def _look(self, character: str, before: str) -> str:
        """Answers what is before the next character."""
        if self.mode is Mode.QUOTED and character == "\\":
            length = _ESCAPES.get(self.text[self._place + 1], 2)
            self._escape = (self._place, self._place + length - 1)
            self._place += length - 1
        if character == "\n":
            if self.mode is Mode.BLOCK:
                self._skip_indented()
            self._end = self._place + len(self.indent) + self._step
            self._split = None
            return character
        if character == " " and before and before not in _SPACES and self._at(1) not in {"", *_SPACES}:
            self._split = self._place
        return self._break(character, before) if self._place >= self._end else character

    def _break(self, character: str, before: str) -> str:
        if self._split is not None:
            self._fold(self._split, "")
        elif self.mode is Mode.QUOTED:
            while before in _BLANKS:
                self._place += 1
                before, character, self.overflows = character, self._at(0), True
            start, end = self._escape
            place = self._place - 2 if self._place > end + 1 else start - 1
            self._fold(place, f"{self.text[place]}\\")
        else:
            self.overflows = True
        return character

    def _fold(self, place: int, before: str) -> None:
        self._folds[place] = before
        self._end = place + self._step
        self._split = None

    def _at(self, distance: int) -> str:
        place = self._place + distance
        return self.text[place : place + 1]

    def _skip_indented(self) -> None:
        """Go to the end of the last of the indented lines that follow."""
        place, start = self._place, self._place + 1
        character = self.text[start : start + 1]
        while character in {" ", "\t"}:
            if place < start + len(self.indent):
                place += 1
                character = self.text[place : place + 1]
                continue
            line_end = self.text.find("\n", place + 1)
            self._place = place = line_end if line_end >= 0 else len(self.text)
            start = place + 1
            character = self.text[start : start + 1]

    def _broken(self) -> str:
        places = sorted(self._folds)
        if not places:
            return self.text
        parts = [self.text[: places[0]]]
        for place, following in zip(places, [*places[1:], len(self.text)], strict=True):
            begin = place + 1 if place else 0
            parts.append(f"{self._folds[place]}\n{self.indent}{self.text[begin:following]}")
        return "".join(parts)
