"""SuperJSON: JSON plus a tree of tags that says which texts and nulls stand for something else.

Obeys the format that superjson 2 writes: `{json, meta: {values, referentialEqualities, v}}`, where `values`
is `[tag]`, `[tag, {path: …}]` or `{path: …}`, and a path is keys joined by dots.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import orjson

from chaingraph.errors import Problem, Rejected, rejected
from chaingraph.wire.dehydration import dehydrated
from chaingraph.wire.revival import REVIVERS
from chaingraph.wire.values import FORBIDDEN_KEYS, MAX_DEPTH, UNDEFINED, Json, Undefined, Value

_Path: TypeAlias = tuple[str, ...]
_Splitter: TypeAlias = Callable[[str], _Path]

_INDEX: Final = re.compile(r"[0-9]{1,9}")


def decode(envelope: Json) -> Value:
    """Refuses what it does not know (class, symbol, typed-array, custom tags) and tags that point nowhere."""
    if not isinstance(envelope, dict) or "json" not in envelope:
        raise Rejected("expected a SuperJSON envelope {json, meta}")
    meta = envelope.get("meta") or {}
    if not isinstance(meta, dict):
        raise _refusal((), "meta must be an object")
    split = _path_splitter(meta.get("v"))
    tags = _Tags(())
    _read_tags(meta.get("values"), tags, split)
    _refuse_left_out(envelope["json"], meta.get("referentialEqualities"), split)
    return _revive(envelope["json"], tags, 0)


def encode(value: object) -> bytes:
    """The envelope as JSON text. Raises TypeError for a Python type that JavaScript has no word for."""
    json, annotation = dehydrated(value)
    if not annotation:
        return orjson.dumps({"json": json})
    return orjson.dumps({"json": json, "meta": {"values": annotation, "v": 1}})


@dataclass(slots=True)
class _Tags:
    """The tags at one place of the tree and below it."""

    path: _Path
    tag: str | None = None
    below: "dict[str, _Tags]" = field(default_factory=dict[str, "_Tags"])

    def at(self, path: _Path) -> "_Tags":
        place = self
        for key in path:
            place = place.below.setdefault(key, _Tags((*place.path, key)))
        return place


def _refusal(path: _Path, message: str) -> Rejected:
    return rejected([Problem(".".join(path), message)])


def _path_splitter(version: Json) -> _Splitter:
    if version is None or version == 0:
        return _split_legacy_path
    if not isinstance(version, int) or version < 0:
        raise _refusal((), "meta.v must be a version number")
    return _split_path


def _split_path(text: str) -> _Path:
    keys = [""]
    characters = iter(text)
    for character in characters:
        if character == ".":
            keys.append("")
        elif character == "\\":
            keys[-1] += _escaped(next(characters, ""), text)
        else:
            keys[-1] += character
    return _allowed(keys)


def _escaped(character: str, text: str) -> str:
    if character not in {"\\", "."}:
        raise _refusal((), f"meta has the invalid path {text[:80]!r}")
    return character


def _split_legacy_path(text: str) -> _Path:
    """Before version 1 a backslash escaped nothing but a dot."""
    return _allowed(key.replace("\\.", ".") for key in re.split(r"(?<!\\)\.", text))


def _allowed(keys: Iterable[str]) -> _Path:
    path = tuple(keys)
    if FORBIDDEN_KEYS.intersection(path):
        raise _refusal(path, "this key is not allowed")
    return path


def _read_tags(annotation: Json, place: _Tags, split: _Splitter) -> None:
    # Even the path "" is a key, so every object inside the annotation leads one level down.
    if len(place.path) > MAX_DEPTH:
        raise _too_deep()
    match annotation:
        case None:
            return
        case dict():
            for text, below in annotation.items():
                _read_tags(below, place.at(split(text)), split)
        case [tag]:
            place.tag = _known(tag, place.path)
        case [tag, dict() as below]:
            place.tag = _known(tag, place.path)
            _read_tags(below, place, split)
        case _:
            raise _refusal(place.path, "meta.values is not a tree of tags")


def _too_deep() -> Rejected:
    return _refusal((), f"nested more than {MAX_DEPTH} levels deep")


def _known(tag: Json, path: _Path) -> str:
    if isinstance(tag, str) and tag in REVIVERS:
        return tag
    raise _refusal(path, f"the SuperJSON tag {orjson.dumps(tag).decode()[:80]} is not known here")


def _refuse_left_out(json: Json, equalities: Json, split: _Splitter) -> None:
    """A repeated value written in full needs no joining; one that was left out (null) cannot be read.

    Joining repeated values would let a small message unfold into an endless one.
    """
    for text in _repeated(equalities):
        path = split(text)
        if _at(json, path) is None:
            raise _refusal(path, "a repeated or circular value must be written in full")


def _repeated(equalities: Json) -> Iterable[str]:
    """The paths in `[[path, …], {path: [path, …]}]` or `{path: [path, …]}`; the keys name full values."""
    pending = [equalities]
    while pending:
        match pending.pop():
            case str() as text:
                yield text
            case list() as parts:
                pending.extend(parts)
            case dict() as groups:
                pending.extend(groups.values())
            case _:
                pass


def _at(json: Json, path: _Path) -> Json:
    place = json
    for key in path:
        child = _child(place, key)
        if child is UNDEFINED:
            return None
        place = child
    return place


def _child(json: Json, key: str) -> "Json | Undefined":
    match json:
        case dict():
            return json.get(key, UNDEFINED)
        case list() if _INDEX.fullmatch(key) and int(key) < len(json):
            return json[int(key)]
        case _:
            return UNDEFINED


def _revive(json: Json, tags: _Tags | None, depth: int) -> Value:
    if depth > MAX_DEPTH:
        raise _too_deep()
    below = tags.below if tags else {}
    revived: Value
    match json:
        case dict():
            _allowed(json)
            revived = {key: _revive(child, below.get(key), depth + 1) for key, child in json.items()}
        case list():
            revived = [_revive(child, below.get(str(index)), depth + 1) for index, child in enumerate(json)]
        case _:
            revived = json
    return _tagged(revived, tags, json) if tags else revived


def _tagged(revived: Value, tags: _Tags, json: Json) -> Value:
    for key, below in tags.below.items():
        if _child(json, key) is UNDEFINED:
            raise _refusal(below.path, "meta names a value that is not there")
    if tags.tag is None:
        return revived
    try:
        return REVIVERS[tags.tag](revived)
    except Rejected as error:
        raise _refusal(tags.path, error.message) from error
