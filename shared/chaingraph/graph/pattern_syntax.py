"""JavaScript's regular expressions in the syntax of the `regex` library."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from chaingraph.errors import Rejected

_ESCAPE: Final = r"""
    \\(?: u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}
        | u\{[0-9a-fA-F]{1,6}\} | u[0-9a-fA-F]{4} | x[0-9a-fA-F]{2} | c[A-Za-z] | k<\w+>
        | [pP]\{\w+(?:=\w+)?\} | . )
"""
_PART: Final = re.compile(
    rf"""(?P<escape>{_ESCAPE})
    | (?P<set>\[(?:\\.|[^\]\\])*\])
    | (?P<group>\(\?(?: [:=!] | <[=!] | <[A-Za-z_$][\w$]*> )?)
    | (?P<quantifier>[*+?]|\{{[0-9]+(?:,[0-9]*)?\}})
    | (?P<character>.)""",
    re.VERBOSE | re.DOTALL,
)
_MEMBER: Final = re.compile(rf"(?P<escape>{_ESCAPE})|(?P<character>.)", re.VERBOSE | re.DOTALL)

_NEWLINES: Final = r"\n\r\u2028\u2029"
_WORD: Final = "A-Za-z0-9_"
_SPACE: Final = r"\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
# What these leave out, but for four letters that are also seen as k, s or i where the case does not matter.
_NO_WORD: Final = r"\x00-/:-@\[-\^`{-\u012f\u0132-\u017e\u0180-\u2129\u212b-\U0010ffff"
_NO_DIGIT: Final = r"\x00-/:-\U0010ffff"
_NO_SPACE: Final = (
    r"\x00-\x08\x0e-\x1f!-\u009f\u00a1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e\u2030-\u205e"
    r"\u2060-\u2fff\u3001-\ufefe\uff00-\U0010ffff"
)
_CHARACTERS: Final = {".": f"[^{_NEWLINES}]", "^": r"\A", "$": r"\Z", "{": r"\{", "}": r"\}", "]": r"\]"}
_MULTILINE: Final = {"^": f"(?<![^{_NEWLINES}])", "$": f"(?![^{_NEWLINES}])"}
_DOT_ALL: Final = {".": "(?s:.)"}
_ESCAPES: Final = {
    r"\d": "[0-9]",
    r"\D": "[^0-9]",
    r"\w": f"[{_WORD}]",
    r"\W": f"[^{_WORD}]",
    r"\s": f"[{_SPACE}]",
    r"\S": f"[^{_SPACE}]",
    r"\b": rf"(?:(?<=[{_WORD}])(?![{_WORD}])|(?<![{_WORD}])(?=[{_WORD}]))",
    r"\B": rf"(?:(?<=[{_WORD}])(?=[{_WORD}])|(?<![{_WORD}])(?![{_WORD}]))",
}
_MEMBERS: Final = {
    r"\d": "0-9",
    r"\w": _WORD,
    r"\s": _SPACE,
    r"\D": _NO_DIGIT,
    r"\W": _NO_WORD,
    r"\S": _NO_SPACE,
    r"\b": r"\x08",
    "[": r"\[",
    "&": r"\&",
    "|": r"\|",
    "~": r"\~",
}
# A hyphen there is no range.
_BESIDE_CLASS: Final = re.compile(r"(?<=(?<!\\)\\[dDwWsS])-|-(?=\\[dDwWsS])")
_LAZY: Final = 2
_SAME_ESCAPES: Final = frozenset("tnfr123456789")


def translated(pattern: str, flags: str) -> str:
    """The same expression for `regex`; `Rejected` for what JavaScript does not know."""
    characters = {
        **_CHARACTERS,
        **(_MULTILINE if "m" in flags else {}),
        **(_DOT_ALL if "s" in flags else {}),
    }
    return "".join(_parts(pattern, characters))


def _parts(pattern: str, characters: Mapping[str, str]) -> Iterator[str]:
    repeats = 0
    for match in _PART.finditer(pattern):
        part = match.group()
        kind = match.lastgroup
        repeats = repeats + 1 if kind == "quantifier" else 0
        # A second quantifier can only be the question mark that makes the first one lazy.
        if repeats > _LAZY or (repeats == _LAZY and part != "?"):
            raise Rejected("nothing to repeat")
        if kind == "escape":
            yield _ESCAPES.get(part) or _escape(part)
        elif kind == "set":
            yield _set(part)
        else:
            yield _checked(part, characters)


def _checked(part: str, characters: Mapping[str, str]) -> str:
    if part == "(?":
        raise Rejected("invalid group")
    if part == "[":
        raise Rejected("unterminated character class")
    if part == "\\":
        raise Rejected("\\ at end of pattern")
    return characters.get(part, part)


def _set(part: str) -> str:
    if part == "[]":
        return "(?!)"
    if part == "[^]":
        return "(?s:.)"
    start = 2 if part[1] == "^" else 1
    inside = _BESIDE_CLASS.sub(r"\\-", part[start:-1])
    return part[:start] + "".join(map(_member, _MEMBER.finditer(inside))) + "]"


def _member(match: re.Match[str]) -> str:
    part = match.group()
    if part in _MEMBERS:
        return _MEMBERS[part]
    return _escape(part) if match.lastgroup == "escape" else part


def _escape(part: str) -> str:
    code = part[1:]
    first = code[0]
    if first == "u" and len(code) > 1:
        return _unicode(code)
    if first == "c" and len(code) > 1:
        return f"\\x{ord(code[1]) % 32:02x}"
    if first == "k" and len(code) > 1:
        return f"(?P={code[2:-1]})"
    if code in {"0", "v"}:
        return {"0": r"\x00", "v": r"\x0b"}[code]
    is_letter = len(code) == 1 and first.isalnum()
    return first if is_letter and first not in _SAME_ESCAPES else part


def _unicode(code: str) -> str:
    if "{" in code:
        return f"\\U{int(code[2:-1], 16):08x}"
    if "\\" in code:
        high, low = int(code[1:5], 16), int(code[7:11], 16)
        return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"
    return "\\" + code
