"""The tags of a Handlebars template, and the text between them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from chaingraph.errors import Rejected

_BRACKETS: Final = (("{{{", "}}}"), ("{{!--", "--}}"), ("{{~!--", "--}}"), ("{{", "}}"))
_ALONE: Final = frozenset({"#", "^", "/", "!", "else"})
_LINE_REST: Final = re.compile(r"[ \t]*(?:\r?\n|\Z)")
_SPACE: Final = re.compile(r"\s*")


@dataclass(frozen=True, slots=True)
class Tag:
    """`kind`: # opens a block, / closes it, else begins its other side, ^ does either, ! is a comment."""

    kind: str
    body: str


@dataclass(frozen=True, slots=True)
class _Found:
    tag: Tag
    start: int
    end: int
    eats_left: bool
    eats_right: bool


def text_and_tags(template: str) -> Iterator[str | Tag]:
    """Texts and tags in order, without the white space that tags eat."""
    position = 0
    while (start := template.find("{{", position)) >= 0:
        text = template[position:start]
        if text.endswith("\\") and not text.endswith("\\\\"):
            # An escaped tag is text, up to the next one.
            following = template.find("{{", start + 2)
            position = following if following >= 0 else len(template)
            yield text[:-1] + template[start:position]
            continue
        found = _tag_at(template, start)
        # A backslash before the one that escapes makes it text.
        text = text[:-1] if text.endswith("\\\\") else text
        before, position = _without_eaten(template, text, found)
        yield before
        yield found.tag
    yield template[position:]


def _tag_at(template: str, start: int) -> _Found:
    opening, closing = next(pair for pair in _BRACKETS if template.startswith(pair[0], start))
    end = template.find(closing, start + len(opening))
    if end < 0:
        raise Rejected(f"Template error: {template[start : start + 20]!r} is not closed")
    body = template[start + len(opening) : end]
    return _Found(
        tag=Tag("!", "") if "!--" in opening else _tag(body.removeprefix("~").removesuffix("~").strip()),
        start=start,
        end=end + len(closing),
        eats_left="~" in opening or body.startswith("~"),
        eats_right=body.endswith("~"),
    )


def _tag(body: str) -> Tag:
    kind = body[:1]
    if kind == ">":
        raise Rejected("Template error: partials are not supported")
    if kind == "&":
        return Tag("", body[1:].strip())
    if kind and kind in "#^/!":
        return Tag(kind, body[1:].strip())
    first, _, rest = body.partition(" ")
    return Tag("else", rest.strip()) if first == "else" else Tag("", body)


def _without_eaten(template: str, text: str, found: _Found) -> tuple[str, int]:
    """The text before a tag, the position after it: `~` eats white space, a tag alone on a line the line."""
    line_start = template.rfind("\n", 0, found.start) + 1
    indent = template[line_start : found.start]
    rest = _LINE_REST.match(template, found.end)
    end = found.end
    if found.tag.kind in _ALONE and rest is not None and not indent.strip(" \t"):
        text, end = text.removesuffix(indent), rest.end()
    space = _SPACE.match(template, end) if found.eats_right else None
    return text.rstrip() if found.eats_left else text, space.end() if space is not None else end
