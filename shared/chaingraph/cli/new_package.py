"""A package with a new node type: a folder that can be installed, and a test that passes."""

import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Final

from chaingraph.errors import Conflict, Rejected
from chaingraph.graph.node_types import NodeTypes

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_ -]{0,79}", re.ASCII)
_SUFFIX: Final = "node"

# Each template by the name that its file gets.
TEMPLATES: Final = {
    "pyproject.toml": "pyproject.toml.txt",
    "${module}.py": "node.py.txt",
    "test_${module}.py": "test.py.txt",
}


@dataclass(frozen=True, slots=True)
class NewPackage:
    folder: Path
    files: tuple[Path, ...]


def written_package(name: str, folder: Path, known: NodeTypes) -> NewPackage:
    """Raises Rejected for what is no name, Conflict where the type or the folder exists."""
    names = names_of(name)
    if known.get(names["type"]) is not None:
        raise Conflict(f"there is a node type {names['type']} already")
    target = folder / names["package"]
    try:
        target.mkdir(parents=True)
    except FileExistsError as error:
        raise Conflict(f"{target} exists already") from error
    except OSError as error:
        raise Rejected(f"{target} cannot be made: {error.strerror}") from error
    written = [_written(target, file, template, names) for file, template in TEMPLATES.items()]
    return NewPackage(target, tuple(written))


def names_of(name: str) -> dict[str, str]:
    """What the parts of a package are called: "word-count" and "WordCountNode" are the same name."""
    words = [word.lower() for word in _WORD.findall(name)] if _NAME.fullmatch(name) else []
    if words[-1:] == [_SUFFIX]:
        words = words[:-1]
    if not words or words[0][0].isdigit():
        raise Rejected(
            f"{name!r} is no name for a node type: it needs a letter first, then letters and digits"
        )
    titled = [word.capitalize() for word in words]
    return {
        "package": "-".join([*words, _SUFFIX]),
        "module": "_".join([*words, _SUFFIX]),
        "type": "".join([*titled, _SUFFIX.capitalize()]),
        "title": " ".join(titled),
    }


def _written(target: Path, file: str, template: str, names: dict[str, str]) -> Path:
    text = (files("chaingraph.cli") / "templates" / template).read_text(encoding="utf-8")
    path = target / Template(file).substitute(names)
    path.write_text(Template(text).substitute(names), encoding="utf-8")
    return path
