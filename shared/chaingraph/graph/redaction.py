"""What looks like a credential is not shown: header lines, objects that stand for headers, address users.

Authorization: Bearer abc          →  Authorization: [redacted]
{"X-Api-Key": "abc"}               →  {"X-Api-Key": "[redacted]"}
{"key": "Cookie", "value": "abc"}  →  {"key": "Cookie", "value": "[redacted]"}
https://ann:abc@example.com        →  https://[redacted]@example.com
"""

import re
from collections.abc import Iterable
from typing import Final

import orjson

from chaingraph.graph.json_types import JsonList, JsonObject, is_list, is_object

REDACTED: Final = "[redacted]"

# Whole names of headers: what only looks similar is somebody's text.
_NAME: Final = (
    r"(?:[\w.-]+-)?authorization|(?:set-)?cookie|x-auth(?:-[\w.-]+)?"
    r"|(?:[\w.-]+[-_])?(?:apikey|api[-_]key|access[-_]key|subscription-key|functions-key)"
    r"|(?:[\w.-]+-)(?:token|secret|password|signature|credentials?)"
)
_LINE: Final = re.compile(rf"^([ \t]*(?:{_NAME})[ \t]*:)[ \t]*\S[^\r\n]*", re.IGNORECASE | re.MULTILINE)
_WHOLE: Final = re.compile(rf"\s*(?:{_NAME})\s*", re.IGNORECASE)
_USER: Final = re.compile(r"(?<=://)[^\s/:@\"]*:[^\s/@\"]+(?=@)")

# One of these is in every name above, in small letters.
_SIGNS: Final = (
    b"authoriz",
    b"cookie",
    b"x-auth",
    b"apikey",
    b"-key",
    b"_key",
    b"-token",
    b"-secret",
    b"-password",
    b"-signature",
    b"-credential",
)
_NAMES_OF_NAMES: Final = ("key", "name", "header")


def is_credential(name: str) -> bool:
    """True for the name of a header that carries one."""
    return _WHOLE.fullmatch(name) is not None


def redacted_headers(text: str) -> str:
    """A text with lines `Key: Value` and addresses, where values of credentials and users are replaced."""
    return _USER.sub(REDACTED, _LINE.sub(rf"\1 {REDACTED}", text))


def redacted(value: object) -> object:
    """A JSON value in which what looks like a credential is replaced."""
    if isinstance(value, str):
        return redacted_headers(value)
    if is_list(value):
        return _redacted_list(value)
    return _redacted_object(value) if is_object(value) else value


def without_words(text: str, words: Iterable[str]) -> str:
    """With these words, which are secrets, replaced wherever they stand."""
    for word in words:
        text = text.replace(word, REDACTED)
    return text


def redacted_json(encoded: bytes) -> bytes:
    """The same for encoded JSON."""
    if not may_need_redaction(encoded):
        return encoded
    value: object = orjson.loads(encoded)
    shown = redacted(value)
    return encoded if shown == value else orjson.dumps(shown)


def may_need_redaction(encoded: bytes) -> bool:
    """A quick look that misses nothing."""
    lower = encoded.lower()
    return any(sign in lower for sign in _SIGNS) or (b"@" in encoded and b"://" in encoded)


def _redacted_list(value: JsonList) -> JsonList:
    """Headers may be a list of pairs."""
    pairs = [element for element in value if is_list(element) and len(element) == 2]  # noqa: PLR2004
    if len(pairs) < len(value):
        return [redacted(element) for element in value]
    return [[redacted(name), _redacted_field(str(name), content)] for name, content in pairs]


def _redacted_object(value: JsonObject) -> JsonObject:
    shown = {key: _redacted_field(key, field) for key, field in value.items()}
    names = (value.get(name) for name in _NAMES_OF_NAMES)
    if "value" in value and any(isinstance(name, str) and is_credential(name) for name in names):
        shown["value"] = _hidden(value["value"])
    return shown


def _redacted_field(key: str, field: object) -> object:
    return _hidden(field) if is_credential(key) else redacted(field)


def _hidden(field: object) -> object:
    """A header may have several values."""
    if is_list(field):
        return [_hidden(element) for element in field]
    return REDACTED if isinstance(field, str) and field else redacted(field)
