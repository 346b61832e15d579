"""A file or function over its size has a name to find: split it there."""

import ast

import pytest

from tests.house_rules.project import modules, named

# All files are read and parsed once, by one worker.
pytestmark = pytest.mark.xdist_group("house rules")

MOST_LINES_OF_FILE = 400
MOST_LINES_OF_FUNCTION = 25

Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_no_file_is_too_long() -> None:
    lengths = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}

    assert not _longer(lengths, MOST_LINES_OF_FILE), _longer(lengths, MOST_LINES_OF_FILE)


def test_no_function_is_too_long() -> None:
    lengths = {
        f"{named(path)}:{node.lineno} {node.name}": _length(node)
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, Function)
    }

    assert not _longer(lengths, MOST_LINES_OF_FUNCTION), _longer(lengths, MOST_LINES_OF_FUNCTION)


def _longer(lengths: dict[str, int], most: int) -> str:
    return "\n".join(f"{name}: {length}" for name, length in lengths.items() if length > most)


def _length(function: Function) -> int:
    """The lines from `def` on, without those of the docstring."""
    last = function.body[-1].end_lineno or function.lineno
    docstring = ast.get_docstring(function, clean=False)
    return last - function.lineno + 1 - (len(docstring.splitlines()) if docstring else 0)
