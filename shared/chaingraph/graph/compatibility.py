"""Which output port may feed which input port."""

from typing import Final

from chaingraph.graph.flow import Direction, Port
from chaingraph.graph.paths import unwrapped

# Schemas nested deeper than this are compared no further.
MAX_DEPTH: Final = 10

_SECRET_TARGETS: Final = {
    "openai": frozenset({"openai", "anthropic", "moonshot", "string"}),
    "anthropic": frozenset({"openai", "anthropic", "string"}),
    "gemini": frozenset({"gemini", "string", "anthropic", "openai"}),
    "moonshot": frozenset({"moonshot", "openai"}),
    "alchemy": frozenset({"alchemy", "string"}),
    "string": frozenset({"openai", "anthropic", "alchemy", "string"}),
}


def may_feed(source: Port, target: Port) -> bool:
    """True where the source's type fits the target's; nothing is cast.

    An `any` port without known type may feed every port: its value shows only in a run whether it fits. (The
    reference engine's editor refuses to draw such an edge but runs a stored one.)
    """
    return _fits(source, target, 0)


def may_begin(port: Port) -> bool:
    return port.direction is not Direction.INPUT


def may_end(port: Port) -> bool:
    return port.direction is not Direction.OUTPUT


def _fits(source: Port, target: Port, depth: int) -> bool:
    source, target = unwrapped(source), unwrapped(target)
    if source.kind == "any" or target.kind == "any" or depth > MAX_DEPTH:
        return True
    if source.kind != target.kind:
        return False
    match source.kind:
        case "object":
            return _object_fits(source, target, depth)
        case "array" | "stream":
            return _elements_fit(source, target, depth)
        case "secret":
            return _secret_fits(source, target)
        case _:
            return True


def _object_fits(source: Port, target: Port, depth: int) -> bool:
    if not target.fields:
        return True
    fields = source.fields or {}
    return all(
        key in fields and _fits(fields[key], wanted, depth + 1) for key, wanted in target.fields.items()
    )


def _elements_fit(source: Port, target: Port, depth: int) -> bool:
    if target.config.get("isSchemaMutable") is True or target.element is None:
        return True
    if unwrapped(target.element).kind == "any":
        return True
    return source.element is not None and _fits(source.element, target.element, depth + 1)


def _secret_fits(source: Port, target: Port) -> bool:
    given, wanted = source.config.get("secretType"), target.config.get("secretType")
    return given == wanted or wanted in _SECRET_TARGETS.get(str(given), ())
