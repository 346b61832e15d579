"""Texts as YAML, in the style that the reference engine's library chooses for each."""

import re
from dataclasses import dataclass, replace
from typing import Final

from chaingraph.graph.json_texts import compact_json
from chaingraph.nodes.yaml_folding import WIDTH, Folding, Mode

# What is no text to a reader of YAML's core schema.
_OTHER: Final = re.compile(
    r"(?:~|[Nn]ull|NULL)?|true|True|TRUE|false|False|FALSE|[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN"
    r"|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+"
)
_NOT_PLAIN: Final = re.compile(
    r"""\A[\n\t ,[\]{}#&*!|>'"%@`]|\A[?-]\Z|\A[?-][ \t]|[\n:][ \t]|[ \t]\n|[\n\t ]#|[\n\t :]\Z"""
)
_MARKER: Final = re.compile(r"^(?:%|---|\.\.\.)", re.MULTILINE)
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_START: Final = re.compile(r"[ \n]*")
_BREAKS: Final = re.compile(r"\n+")
_END_BREAKS: Final = re.compile(r"(?<!\n)\n+(?!\n|\Z)")
_INDENTED: Final = re.compile(r"(?:^|\n)([\t ].*)(?:([\n\t ]*+)(?<=\n))?")
_ESCAPED: Final = re.compile(r"( )?((?:\\n)+)|\\u([0-9a-f]{4})|\\.")
_SHORT: Final = {"0000": r"\0", "0007": r"\a", "000b": r"\v", "001b": r"\e"}
# A shorter text in double quotes is in one line.
_LONG: Final = 40
# Lines of a longer one stay as they are.
_LONGEST_FOLDED: Final = 20_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text stands. `at_start`: how much is before it in its line; None for what is in no pair."""

    indent: str = ""
    at_start: int | None = None
    is_key: bool = False

    def breaks_indented(self, text: str) -> str:
        return _BREAKS.sub(lambda breaks: breaks.group() + self.indent, text)

    def indented_for(self, text: str) -> "Place":
        """At the root, only what could be taken for a mark of the document is indented."""
        return replace(self, indent=self.indent or ("  " if _MARKER.search(text) else ""))


def plain_text(text: str, place: Place) -> str:
    """Without quotes where that is possible, over several lines where it has some."""
    if _CONTROL.search(text):
        return quoted_text(text, place)
    if _NOT_PLAIN.search(text) or (place.is_key and "\n" in text):
        return _block(text, place) if "\n" in text and not place.is_key else _quoted(text, place)
    if "\n" in text:
        return _block(text, place)
    if _MARKER.search(text) and not place.indent:
        return _block(text, place)
    if _OTHER.fullmatch(text) or (_MARKER.search(text) and place.is_key and len(place.indent) == len("  ")):
        return _quoted(text, place)
    return text if place.is_key else Folding(text, place.indent, Mode.FLOW, place.at_start).folded()


def quoted_text(text: str, place: Place) -> str:
    """In double quotes."""
    place = place.indented_for(text)
    json = compact_json(text)
    is_long = len(json) >= _LONG and not place.is_key
    escaped = _ESCAPED.sub(lambda match: _escaped(match, place.indent if is_long else None), json)
    return escaped if place.is_key else Folding(escaped, place.indent, Mode.QUOTED, place.at_start).folded()


def _escaped(match: re.Match[str], indent: str | None) -> str:
    """`indent`: of the lines that a long text has; None where it stays in one."""
    space, breaks, code = match.groups()
    if code is not None:
        return _SHORT.get(code) or (rf"\x{code[2:]}" if code.startswith("00") else match.group())
    if breaks is None:
        return match.group()
    before = "\\ " if space else ""
    if indent is None:
        return before + breaks
    following = match.string[match.end()]
    is_last = following == '"'
    lines = len(breaks) // 2 - is_last
    begun = "\n" * (lines + 1) + indent if lines else ""
    return before + begun + ("\\n" if is_last else "\\" if following == " " else "")


def _quoted(text: str, place: Place) -> str:
    """In the quotes that the text does not have; in double ones where it has both, or neither."""
    is_single = '"' in text and "'" not in text and not re.search(r"[ \t]\n|\n[ \t]", text)
    if not is_single or (place.is_key and "\n" in text):
        return quoted_text(text, place)
    place = place.indented_for(text)
    quoted = "'" + _BREAKS.sub(lambda breaks: f"{breaks.group()}\n{place.indent}", text) + "'"
    return quoted if place.is_key else Folding(quoted, place.indent, Mode.FLOW, place.at_start).folded()


def _block(text: str, place: Place) -> str:
    """Line by line as it is, or folded where a line is too long."""
    if re.search(r"\n[\t ]+\Z", text):
        return _quoted(text, place)
    place = place.indented_for(text)
    end = text[len(text.rstrip("\n\t ")) :]
    chomp = "-" if "\n" not in end else "" if end != text and end.index("\n") == len(end) - 1 else "+"
    rest = text.removesuffix(end) if end else text
    end = _END_BREAKS.sub(lambda breaks: breaks.group() + place.indent, end.removesuffix("\n"))
    start = _start_of(rest)
    rest = rest.removeprefix(start)
    header = (("2" if place.indent else "1") if " " in _lead_of(start + rest) else "") + chomp
    start = place.breaks_indented(start)
    if _has_long_line(text, WIDTH - len(place.indent)):
        folding = Folding(
            start + _folded_lines(rest, place) + end, place.indent, Mode.BLOCK, len(place.indent)
        )
        body = folding.folded()
        if not folding.overflows:
            return f">{header}\n{place.indent}{body}"
    return f"|{header}\n{place.indent}{start}{place.breaks_indented(rest)}{end}"


def _lead_of(text: str) -> str:
    found = _START.match(text)
    return found.group() if found else ""


def _start_of(text: str) -> str:
    """The empty lines that a text begins with; the blanks where it has no such line."""
    lead = _lead_of(text)
    return lead[: lead.rfind("\n") + 1]


def _folded_lines(text: str, place: Place) -> str:
    """A break is told by an empty line, but for lines that are indented further."""
    doubled = _BREAKS.sub(lambda breaks: "\n" + breaks.group(), text)
    return place.breaks_indented(_INDENTED.sub(lambda found: found[1] + (found[2] or "")[:-1], doubled))


def _has_long_line(text: str, most: int) -> bool:
    is_short = len(text) <= _LONGEST_FOLDED
    return is_short and any(len(line) > most for line in text.split("\n"))
