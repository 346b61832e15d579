"""JSONata in the fields of a definition: compiled once, evaluated against `$states`.

What a definition mostly says does without the interpreter of the language (`plain`).
"""

from collections.abc import Callable
from types import NoneType
from typing import TypeAlias

from chaingraph.expressions.library import JException, Jsonata
from infra.local.workflow.documents import JSON
from infra.local.workflow.plain import NOTHING, NotPlain, Part, States, compile_plain

DOCUMENT = (NoneType, bool, int, float, str, list, dict)

Template: TypeAlias = Callable[[States], JSON]


class EvaluationFailed(Exception):
    """An expression raised an error, or its value is nothing at all."""


def is_expression(value: JSON) -> bool:
    return isinstance(value, str) and value.startswith("{%") and value.endswith("%}")


def compile_template(value: JSON) -> Template:
    """A value with expressions anywhere inside. Raises ValueError for the first that is no JSONata."""
    if isinstance(value, str) and is_expression(value):
        return compile_expression(value[2:-2].strip())
    if isinstance(value, dict):
        return _compile_object({key: compile_template(part) for key, part in value.items()})
    if isinstance(value, list):
        return _compile_array([compile_template(part) for part in value])
    return lambda _: value


def compile_expression(text: str) -> Template:
    # The interpreter answers None to both null and nothing: wrapped in an object, only null leaves a key.
    bare, wrapped = _parse(text), _parse(f"{{'value': ({text})}}")
    plain = compile_plain(bare.ast)

    def interpret(states: States) -> JSON:
        value = _run(bare, states)
        if value is None and not _run(wrapped, states):
            raise EvaluationFailed(f"The JSONata expression '{text}' returned nothing (undefined).")
        return value

    return interpret if plain is None else _try_first(plain, interpret)


def _try_first(plain: Part, interpret: Template) -> Template:
    def evaluate(states: States) -> JSON:
        try:
            value = plain(states)
        except NotPlain:
            value = NOTHING
        return interpret(states) if value is NOTHING else value

    return evaluate


def _compile_object(parts: dict[str, Template]) -> Template:
    return lambda states: {key: part(states) for key, part in parts.items()}


def _compile_array(parts: list[Template]) -> Template:
    return lambda states: [part(states) for part in parts]


def _parse(text: str) -> Jsonata:
    try:
        return Jsonata(text)
    except JException as error:
        raise ValueError(f"'{text}' is not JSONata: {error}") from error


def _run(expression: Jsonata, states: States) -> JSON:
    frame = expression.create_frame()
    frame.bind("states", states)
    try:
        value = expression.evaluate(None, frame)
    except (JException, ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise EvaluationFailed(str(error)) from error
    if not isinstance(value, DOCUMENT):
        raise EvaluationFailed("The expression returned a function.")
    return value
