"""What an expression means: JSON in, JSON out."""

import math
import random
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from chaingraph.errors import Rejected
from chaingraph.expressions.library import CompiledPattern, Functions, Jsonata, RegexFlags, Utils
from chaingraph.expressions.limits import MAX_EXPRESSION_LENGTH
from chaingraph.graph.facilities import Evaluation, ExpressionCall
from chaingraph.graph.json_types import JsonList, is_list, is_object
from chaingraph.graph.patterns import compiled
from chaingraph.graph.texts import tidy

MAX_VALUE_DEPTH: Final = 100
MAX_MESSAGE_LENGTH: Final = 500

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)


def evaluated(call: ExpressionCall) -> object:
    """Raises Rejected for what is no expression, fails, or has a value that is no JSON."""
    expression = _Expression(call)
    if call.evaluation is Evaluation.VALUE:
        return expression.value(call.subject, {})
    if not is_list(call.subject):
        raise Rejected("A list is required")
    match call.evaluation:
        case Evaluation.MAP:
            return list(_each(expression, call.subject))
        case Evaluation.FILTER:
            truths = _each(expression, call.subject)
            return [element for element, truth in zip(call.subject, truths, strict=True) if _is_true(truth)]
        case Evaluation.REDUCE:
            return _reduced(expression, call.subject, call.initial)


def _each(expression: "_Expression", elements: JsonList) -> Iterable[object]:
    for index, element in enumerate(elements):
        yield expression.value(element, {"index": index})


def _reduced(expression: "_Expression", elements: JsonList, initial: object) -> object:
    first = 0 if initial is not None else 1
    accumulator = initial if initial is not None else next(iter(elements), None)
    for index, element in enumerate(elements[first:], start=first):
        accumulator = expression.value(element, {"index": index, "accumulator": accumulator})
    return accumulator


def _is_true(value: object) -> bool:
    """As $boolean has it: what is empty is false, and so is a list of nothing but false elements."""
    return Functions.to_boolean(value) is True


class _Expression:
    """A compiled expression with the functions and variables that it may see."""

    def __init__(self, call: ExpressionCall) -> None:
        self._compiled = _compiled(call.expression)
        self._names = {**_functions(call), **_variables(call.variables)}

    def value(self, subject: object, names: Mapping[str, object]) -> object:
        seen = {**self._names, **_variables(names)}
        try:
            # The library evaluates on the expression that was compiled last, unless it is told.
            Jsonata.CURRENT.jsonata = self._compiled
            return _plain(self._compiled.evaluate(_with_nulls(subject), seen), 0)
        except RecursionError as error:
            raise _failed("it calls itself without an end, or nests too deeply") from error
        except (Rejected, MemoryError):
            raise
        except Exception as error:  # the library raises whatever it stumbles over
            raise _failed(str(error)) from error


def _failed(message: str) -> Rejected:
    return Rejected(f"The expression failed: {_shortened(message)}")


def _shortened(message: str) -> str:
    return message if len(message) <= MAX_MESSAGE_LENGTH else f"{message[:MAX_MESSAGE_LENGTH]}…"


@lru_cache(maxsize=256)
def _compiled(expression: str) -> Jsonata:
    if len(expression) > MAX_EXPRESSION_LENGTH:
        raise Rejected(f"An expression may have {MAX_EXPRESSION_LENGTH} characters")
    if not expression.strip():
        raise Rejected("An expression is required")
    try:
        found = Jsonata(expression, _regular_expression)
    except (Rejected, MemoryError):
        raise
    except Exception as error:
        raise Rejected(f"This is no JSONata expression: {_shortened(str(error))}") from error
    found.set_output_convert_nulls(False)
    found.set_validate_input(False)
    return found


def _regular_expression(pattern: str, flags: RegexFlags) -> CompiledPattern:
    letters = ("i" if flags.case_insensitive else "") + ("m" if flags.multiline else "")
    return compiled(pattern, letters)


# ------------------------------------------------------------ what an expression sees


def _variables(variables: Mapping[str, object]) -> dict[str, object]:
    for name in variables:
        if not _NAME.fullmatch(name):
            raise Rejected(f"{_shortened(name)!r} cannot be the name of a variable")
    return {name: _with_nulls(value) for name, value in variables.items()}


def _with_nulls(value: object) -> object:
    """The library tells null from nothing: its None is nothing."""
    if value is None:
        return Utils.NULL_VALUE
    if is_list(value):
        return [_with_nulls(element) for element in value]
    if is_object(value):
        return {key: _with_nulls(field) for key, field in value.items()}
    return value


def _functions(call: ExpressionCall) -> dict[str, object]:
    """The functions that differ from those of the library; None takes one away."""
    clock, chance = _Clock(call.now_ms), _Chance(call.seed)
    return {
        "now": Jsonata.function("now", "<s?s?:s>", clock, "now"),
        "millis": Jsonata.function("millis", "<:n>", clock, "millis"),
        "random": Jsonata.function("random", "<:n>", chance, "random"),
        "shuffle": Jsonata.function("shuffle", "<a:a>", chance, "shuffle"),
        "eval": None,
    }


class _Clock:
    """The time of the run: it stands still while an expression is evaluated."""

    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms

    def now(self, picture: str | None, timezone: str | None) -> str | None:
        return Functions.datetime_from_millis(self._now_ms, picture, timezone)

    def millis(self) -> int:
        return self._now_ms


class _Chance:
    """The same numbers for the same seed."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - users draw lots with it, not keys

    def random(self) -> float:
        return self._random.random()

    def shuffle(self, elements: JsonList | None) -> JsonList | None:
        if elements is None:
            return None
        shuffled = list(elements)
        self._random.shuffle(shuffled)
        return shuffled


# ------------------------------------------------------------ what comes out


def _plain(value: object, depth: int) -> object:
    """The value as JSON; nothing and null are both null."""
    if depth > MAX_VALUE_DEPTH:
        raise _failed(f"its value nests deeper than {MAX_VALUE_DEPTH} levels")
    if value is None or value is Utils.NULL_VALUE:
        return None
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return _plain_number(value)
    if is_list(value):
        return [_plain(element, depth + 1) for element in value]
    if is_object(value):
        return {str(key): _plain(field, depth + 1) for key, field in value.items()}
    raise _failed("its value is a function, or has one in it")


def _plain_number(value: float) -> int | float:
    number = tidy(value)
    if not math.isfinite(number):
        raise _failed("a number is too large, or none")
    return number
