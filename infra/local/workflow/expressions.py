"""JSONata in the fields of a definition: compiled once, evaluated against `$states`.

Plain paths and comparisons of one with a literal, most of what a definition says, do without the interpreter.
"""

import re
from collections.abc import Callable, Iterable
from typing import TypeAlias

from jsonata import Jsonata
from jsonata.jexception import JException

from infra.local.workflow.documents import JSON

States: TypeAlias = dict[str, JSON]
Template: TypeAlias = Callable[[States], JSON]
Expression: TypeAlias = Callable[[States], JSON]

PATH = re.compile(r"\$states((?:\.[A-Za-z_]\w*)+)")
COMPARISON = re.compile(r"\$states((?:\.[A-Za-z_]\w*)+) *= *'([^'\\]*)'")


class EvaluationFailed(Exception):
    """An expression raised an error, or its value is nothing at all."""


class Missing(Exception):
    """A plain path leads to nothing."""


class NotPlain(Exception):
    """A path crosses an array: only the interpreter knows what that means."""


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


def compile_expression(text: str) -> Expression:
    general = _compile_general(text)
    if match := PATH.fullmatch(text):
        return _compile_path(_steps(match[1]), general)
    if match := COMPARISON.fullmatch(text):
        return _compile_comparison(_steps(match[1]), match[2], general)
    return general


def _compile_object(parts: dict[str, Template]) -> Template:
    return lambda states: {key: part(states) for key, part in parts.items()}


def _compile_array(parts: list[Template]) -> Template:
    return lambda states: [part(states) for part in parts]


def _compile_general(text: str) -> Expression:
    # The interpreter answers None to both null and nothing: wrapped in an object, only null leaves a key.
    bare, wrapped = _parse(text), _parse(f"{{'value': ({text})}}")

    def evaluate(states: States) -> JSON:
        value = _run(bare, states)
        if value is None and not _run(wrapped, states):
            raise EvaluationFailed(f"The JSONata expression '{text}' returned nothing (undefined).")
        return value

    return evaluate


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
    if callable(value):
        raise EvaluationFailed("The expression returned a function.")
    return value


def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.removeprefix(".").split("."))


def _compile_path(steps: Iterable[str], general: Expression) -> Expression:
    def evaluate(states: States) -> JSON:
        try:
            return _walk(states, steps)
        except (Missing, NotPlain):
            return general(states)

    return evaluate


def _compile_comparison(steps: Iterable[str], literal: str, general: Expression) -> Expression:
    def evaluate(states: States) -> JSON:
        try:
            return _walk(states, steps) == literal
        except Missing:
            return False
        except NotPlain:
            return general(states)

    return evaluate


def _walk(document: JSON, steps: Iterable[str]) -> JSON:
    for step in steps:
        if isinstance(document, list):
            raise NotPlain
        if not isinstance(document, dict) or step not in document:
            raise Missing
        document = document[step]
    return document
