"""Names say what a thing is; the words refused here fit everything."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house_rules.project import files, modules, named

ANYWHERE = {"helper", "helpers", "impl", "manager", "misc", "util", "utils"}
ALONE = {"base", "common", "context", "core", "data", "info", "item", "obj", "process"}
FIRST = {"do", "handle"}
# Names that others chose: their callers look for them.
CHOSEN_BY_OTHERS = {"functions/*/handler.py": {"context"}}
# Written in two parts, because this file is searched, too.
FORBIDDEN = re.compile(r"\b(TO" r"DO|FIX" r"ME|sub" r"agents?)\b|(?<![\w./-])/wo" r"rk/|\bdesign" r"\.md\b")
NOT_OURS = {"LICENSE", "uv.lock", "package-lock.json"}


def test_no_name_fits_everything() -> None:
    found = [f"{named(path)}:{line} {name}" for path in modules() for line, name in _banned(path)]

    assert not found, "\n".join(found)


def test_no_file_holds_a_forbidden_word() -> None:
    found = [
        f"{named(path)}:{number} {word.group()}"
        for path in files()
        if path.name not in NOT_OURS
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="ignore").splitlines(), start=1)
        for word in FORBIDDEN.finditer(line)
    ]

    assert not found, "\n".join(found)


def _banned(path: Path) -> Iterator[tuple[int, str]]:
    allowed = {name for place, names in CHOSEN_BY_OTHERS.items() if path.match(place) for name in names}
    named_here = [(1, path.stem), *_names(modules()[path])]
    return ((line, name) for line, name in named_here if name not in allowed and _is_banned(name))


def _is_banned(name: str) -> bool:
    words = re.findall(r"[A-Z]?[a-z]+", name)
    lower = [word.lower() for word in words]
    if not lower:
        return False
    return (
        bool(ANYWHERE.intersection(lower))
        or name.strip("_").lower() in ALONE
        or (lower[0] in FIRST and len(lower) > 1)
    )


def _names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The names that a module makes: functions, classes, arguments, variables."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                yield node.lineno, name
            case _:
                pass
