"""Names say what a thing is; the words refused here fit everything."""

import ast
import re
from pathlib import Path

import pytest

from tests.house_rules.project import files, modules, named

# All files are read and parsed once, by one worker.
pytestmark = pytest.mark.xdist_group("house rules")

ANYWHERE = {"helper", "helpers", "impl", "manager", "misc", "util", "utils"}
ALONE = {"base", "common", "context", "core", "data", "info", "item", "obj", "process"}
FIRST = {"do", "handle"}
# Arguments that a library or the platform named: function, argument.
NAMED_BY_OTHERS = {("data_received", "data"), ("dump", "obj"), ("handler", "context"), ("load", "data")}
# Products and protocols of others, under the names that they gave themselves.
THEIR_OWN = {"SecretsManager", "secrets_manager", "_secrets_manager", "handle_async_request"}
# Written in two parts, because this file is searched, too.
FORBIDDEN = re.compile(r"\b(TO" r"DO|FIX" r"ME|sub" r"agents?)\b|(?<![\w./-])/wo" r"rk/|\bdesign" r"\.md\b")
NOT_OURS = {"LICENSE", "uv.lock", "package-lock.json"}


def test_no_name_fits_everything() -> None:
    found = [f"{named(path)}: {name}" for path in modules() for name in _banned(path)]

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


def _banned(path: Path) -> set[str]:
    made = (name for node in ast.walk(modules()[path]) for name in _made_by(node))
    return {name for name in (path.stem, *made) if _is_banned(name)}


def _is_banned(name: str) -> bool:
    words = re.findall(r"[A-Z]?[a-z]+", name)
    lower = [word.lower() for word in words]
    if not lower or name in THEIR_OWN:
        return False
    return (
        bool(ANYWHERE.intersection(lower))
        or name.strip("_").lower() in ALONE
        or (lower[0] in FIRST and len(lower) > 1)
    )


def _made_by(node: ast.AST) -> list[str]:
    """The names that a node makes: of a class, a variable, a function and its arguments."""
    match node:
        case ast.ClassDef(name=name) | ast.Name(id=name, ctx=ast.Store()):
            return [name]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return [
                name,
                *(argument for argument in _arguments(node) if (name, argument) not in NAMED_BY_OTHERS),
            ]
        case ast.Lambda():
            return _arguments(node)
        case _:
            return []


def _arguments(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[str]:
    return [node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)]
