"""The part of JSONata that definitions mostly use, compiled to closures: about twenty times faster.

It knows plain paths, literals, `=`, whole-number `+`, `? :`, objects, `$exists` and `$merge` of an array.
What it does not know it leaves to the interpreter: at compile time by returning nothing, and at run time,
where JSONata would treat sequences or convert types, by raising `NotPlain`.
"""

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any, Literal, TypeAlias

from infra.local.workflow.documents import JSON

States: TypeAlias = dict[str, JSON]


class Undefined(Enum):
    """JSONata's nothing, which is not null."""

    NOTHING = "nothing"


NOTHING: Literal[Undefined.NOTHING] = Undefined.NOTHING
Value: TypeAlias = "JSON | Undefined"
Part: TypeAlias = Callable[[States], Value]

ELSE = "_else"
LARGEST_EXACT = 2**53
# What turns a step into more than a name.
DECORATIONS = (
    "predicate",
    "stages",
    "group",
    "keep_array",
    "keep_singleton_array",
    "tuple",
    "focus",
    "index",
)


class NotPlain(Exception):
    """Only the interpreter knows what this means."""


def compile_plain(node: Any) -> Part | None:
    """Compile a parsed expression, or return nothing."""
    try:
        return _compile(node)
    except NotPlain:
        return None


def _compile(node: Any) -> Part:
    if any(getattr(node, name, None) for name in DECORATIONS):
        raise NotPlain
    match node.type:
        case "path":
            return _compile_path(node)
        case "string" | "number" | "value":
            literal: JSON = node.value
            return lambda _: literal
        case "binary":
            return _compile_binary(node)
        case "condition":
            return _compile_condition(node)
        case "function":
            return _compile_function(node)
        case "unary" if node.value == "{":
            return _compile_object(node)
        case _:
            raise NotPlain


def _compile_path(node: Any) -> Part:
    first, *rest = node.steps
    if first.type != "variable" or first.value != "states" or not rest:
        raise NotPlain
    if any(step.type != "name" or any(getattr(step, name, None) for name in DECORATIONS) for step in rest):
        raise NotPlain
    names: tuple[str, ...] = tuple(step.value for step in rest)

    def evaluate(states: States) -> Value:
        value: JSON = states
        for name in names:
            if isinstance(value, list):
                raise NotPlain
            if not isinstance(value, dict) or name not in value:
                return NOTHING
            value = value[name]
        return value

    return evaluate


def _compile_binary(node: Any) -> Part:
    left, right = _compile(node.lhs), _compile(node.rhs)
    match node.value:
        case "=":
            return lambda states: _are_equal(left(states), right(states))
        case "+":
            return lambda states: _sum(left(states), right(states))
        case _:
            raise NotPlain


def _are_equal(left: Value, right: Value) -> bool:
    if isinstance(left, (dict, list)) or isinstance(right, (dict, list)):
        raise NotPlain
    if left is NOTHING or right is NOTHING or isinstance(left, bool) is not isinstance(right, bool):
        return False
    return left == right


def _sum(left: Value, right: Value) -> int:
    return _whole(left) + _whole(right)


def _whole(value: Value) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_EXACT:
        return value
    raise NotPlain


def _compile_condition(node: Any) -> Part:
    condition, then = _compile(node.condition), _compile(node.then)
    last = getattr(node, ELSE)
    otherwise: Part = _nothing if last is None else _compile(last)

    def evaluate(states: States) -> Value:
        match condition(states):
            case True:
                return then(states)
            case False:
                return otherwise(states)
            case _:
                raise NotPlain

    return evaluate


def _nothing(_: States) -> Value:
    return NOTHING


def _compile_function(node: Any) -> Part:
    if node.procedure.type != "variable" or len(node.arguments) != 1:
        raise NotPlain
    argument = node.arguments[0]
    match node.procedure.value:
        case "exists":
            part = _compile(argument)
            return lambda states: part(states) is not NOTHING
        case "merge" if argument.type == "unary" and argument.value == "[":
            parts = [_compile(each) for each in argument.expressions]
            return lambda states: _merge(part(states) for part in parts)
        case _:
            raise NotPlain


def _merge(parts: Iterable[Value]) -> JSON:
    merged: dict[str, JSON] = {}
    for part in parts:
        if isinstance(part, dict):
            merged |= part
        elif part is not NOTHING:
            raise NotPlain
    return merged


def _compile_object(node: Any) -> Part:
    pairs: dict[str, Part] = {}
    for key, value in node.lhs_object:
        if key.type != "string" or key.value in pairs:
            raise NotPlain
        pairs[key.value] = _compile(value)

    def evaluate(states: States) -> Value:
        values = {key: part(states) for key, part in pairs.items()}
        return {key: value for key, value in values.items() if value is not NOTHING}

    return evaluate
