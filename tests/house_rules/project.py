"""The files of the project: everything under its folder but what .gitignore names."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def files() -> tuple[Path, ...]:
    return tuple(sorted(_below(ROOT)))


@cache
def modules() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in files() if path.suffix == ".py"}


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def is_ignored(path: Path) -> bool:
    return path.name == ".git" or any(fnmatch(path.name, pattern) for pattern in _ignored())


@cache
def _ignored() -> tuple[str, ...]:
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    return tuple(line.rstrip("/") for line in lines)


def _below(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_symlink() or is_ignored(path):
            continue
        if path.is_dir():
            yield from _below(path)
        else:
            yield path
