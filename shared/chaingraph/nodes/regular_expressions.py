"""Regular expressions applied to texts, with JavaScript's syntax and rules."""

import re
from typing import TYPE_CHECKING, Final

from chaingraph.errors import Rejected
from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.json_types import object_of
from chaingraph.graph.kinds import boolean, enum, number, record, string
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.graph.patterns import TIMEOUT_SECONDS, compiled, too_slow
from chaingraph.nodes.script_values import as_text

if TYPE_CHECKING:
    from regex import Match, Pattern

MODES: Final = {"match": "Match", "replace": "Replace", "test": "Test", "extract": "Extract Groups"}
_FLAGS: Final = {"global": "g", "caseInsensitive": "i", "multiline": "m", "dotAll": "s", "unicode": "u"}
_REFERENCE: Final = re.compile(r"\$(?:\$|&|`|'|[0-9]{1,2}|<[^>]*>)")


class RegExpNode(NodeType, title="Regular Expression Processor", category="utilities", pure=True):
    """Finds, replaces or tests a regular expression in a text.

    Match joins what was found (without the flag global: the first match and its groups), extract joins the
    groups of the matches, replace knows $&, $1 and $<name>, test answers true or false.
    """

    source_text = Input(string(), required=True)
    pattern = Input(string(), required=True)
    flags = Input(record({name: boolean() for name in _FLAGS}))
    mode = Input(enum(MODES, default="match"))
    replacement_text = Input(string())
    join_delimiter = Input(string(default=" "))
    result = Output(string())
    match_count = Output(number())
    has_matches = Output(boolean())

    def run(self, scope: Scope) -> None:
        source, pattern = as_text(self.source_text), as_text(self.pattern)
        if not source:
            raise Rejected("Source text is required")
        if not pattern:
            raise Rejected("Pattern is required")
        try:
            self._apply(source, pattern)
        except TimeoutError as error:
            raise too_slow(pattern) from error

    def _apply(self, source: str, pattern: str) -> None:
        given = object_of(self.flags)
        flags = "".join(letter for name, letter in _FLAGS.items() if given.get(name) is True)
        found = _matches(compiled(pattern, flags), source, flags)
        texts = _matched_texts(found, flags)
        delimiter = as_text(self.join_delimiter)
        self.has_matches = bool(found)
        self.match_count = len(texts)
        match self.mode:
            case "replace":
                self.result = _replaced(source, found, as_text(self.replacement_text))
            case "test":
                self.result = "true" if found else "false"
                self.match_count = min(len(found), 1)
            case "extract":
                groups = [group for match in found for group in match.groups() if group is not None]
                self.result = delimiter.join(groups)
                self.match_count = len(groups)
            case _:
                self.result = delimiter.join(texts)


def _matches(expression: "Pattern[str]", source: str, flags: str) -> "list[Match[str]]":
    if "g" in flags:
        return list(expression.finditer(source, timeout=TIMEOUT_SECONDS))
    first = expression.search(source, timeout=TIMEOUT_SECONDS)
    return [] if first is None else [first]


def _matched_texts(found: "list[Match[str]]", flags: str) -> list[str]:
    """All matches, or the first one followed by its groups, an unused group being empty."""
    if "g" in flags or not found:
        return [match.group() for match in found]
    return [found[0].group(), *(group or "" for group in found[0].groups())]


def _replaced(source: str, found: "list[Match[str]]", replacement: str) -> str:
    parts: list[str] = []
    end = 0
    for match in found:
        parts += source[end : match.start()], _filled(replacement, match, source)
        end = match.end()
    return "".join([*parts, source[end:]])


def _filled(replacement: str, match: "Match[str]", source: str) -> str:
    return _REFERENCE.sub(lambda reference: _referenced(reference.group(), match, source), replacement)


def _referenced(reference: str, match: "Match[str]", source: str) -> str:
    name = reference[1:]
    simple = {
        "$": "$",
        "&": match.group(),
        "`": source[: match.start()],
        "'": source[match.end() :],
    }
    if name in simple:
        return simple[name]
    if name.startswith("<"):
        named: dict[str, str | None] = match.groupdict()
        return named.get(name[1:-1]) or "" if named else reference
    return _numbered(name, match)


def _numbered(digits: str, match: "Match[str]") -> str:
    """The group of that number; of two digits the first one, where there are not that many groups."""
    groups = match.groups()
    for length in range(len(digits), 0, -1):
        place = int(digits[:length])
        if 1 <= place <= len(groups):
            return (groups[place - 1] or "") + digits[length:]
    return "$" + digits


NODE_TYPES = (RegExpNode,)
