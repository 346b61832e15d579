"""Which adapter methods a deployed unit can come to call: what its imports, and theirs, hold."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
TREES: Final = {"chaingraph": ROOT / "shared" / "chaingraph", "functions": ROOT / "functions"}
# How the code that uses an adapter calls it.
RECEIVERS: Final = {"workflows": "StepFunctions", "posts": "ConnectionPosts"}
MODULES: Final = {
    "chaingraph.aws.secrets_manager": ("SecretsManager", "read"),
    "chaingraph.aws.bedrock": ("BedrockModels", "stream"),
}


def reached_calls(entry: str) -> set[tuple[str, str]]:
    """Names of classes and of their methods."""
    modules = reached_modules(entry)
    direct = {MODULES[module] for module in modules if module in MODULES}
    users = (module for module in modules if not module.startswith("chaingraph.aws."))
    return direct | {call for module in users for call in _calls(module)}


def reached_modules(entry: str) -> set[str]:
    """Imports inside functions count, those for types do not."""
    reached: set[str] = set()
    waiting = [entry]
    while waiting:
        module = waiting.pop()
        if module not in reached:
            reached.add(module)
            waiting.extend(_imports(module))
    return reached


def _imports(module: str) -> Iterator[str]:
    for node in ast.walk(_without_types(_parsed(module))):
        match node:
            case ast.ImportFrom(module=str(name), names=names):
                yield from (
                    found for found in (name, *(f"{name}.{each.name}" for each in names)) if _path(found)
                )
            case ast.Import(names=names):
                yield from (each.name for each in names if _path(each.name))
            case _:
                pass


def _calls(module: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(_parsed(module)):
        match node:
            case ast.Call(func=ast.Attribute(attr=method, value=receiver)):
                name = ast.unparse(receiver).rpartition(".")[2].strip("_")
                if name in RECEIVERS:
                    yield RECEIVERS[name], method
            case _:
                pass


def _without_types(tree: ast.Module) -> ast.Module:
    statements = [node for node in tree.body if not _is_for_types(node)]
    return ast.Module(body=statements, type_ignores=[])


def _is_for_types(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


@cache
def _parsed(module: str) -> ast.Module:
    path = _path(module)
    return ast.parse(path.read_text(encoding="utf-8")) if path else ast.Module(body=[], type_ignores=[])


@cache
def _path(module: str) -> Path | None:
    top, *parts = module.split(".")
    if top not in TREES:
        return None
    folder = TREES[top].joinpath(*parts)
    candidates = (folder.with_suffix(".py"), folder / "__init__.py")
    return next((path for path in candidates if path.exists()), None)
