"""Numbers computed in decimal, so that 0.1 + 0.2 is 0.3."""

import hashlib
import math
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from chaingraph.errors import Rejected
from chaingraph.graph.declarations import Input, Output, Passthrough
from chaingraph.graph.kinds import enum, number
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.graph.texts import LARGEST_SAFE, tidy
from chaingraph.nodes.script_values import finite

CATEGORY = "math"

_DECIMAL: Final = Context(prec=20, rounding=ROUND_HALF_UP, traps=[])
# The quotient of the largest and the smallest double has fewer digits than this.
_EXACT: Final = Context(prec=700, rounding=ROUND_HALF_UP, traps=[])
# A few digits more, so that the logarithm of 8 to base 2 is 3.
_LOGARITHMS: Final = Context(prec=30, rounding=ROUND_HALF_UP, traps=[])

OPERATIONS: Final = {
    "add": "A + B",
    "subtract": "A - B",
    "multiply": "A × B",
    "divide": "A ÷ B",
    "modulo": "A mod B",
    "power": "A ^ B",
    "min": "Minimum",
    "max": "Maximum",
    "average": "Average",
    "absolute_difference": "|A - B|",
    "percentage": "A as % of B",
    "log_base": "Logarithm of A to base B",
}


class MathNode(NodeType, title="Math", category=CATEGORY, pure=True):
    """Computes with two numbers in decimal arithmetic."""

    a = Passthrough(number())
    b = Passthrough(number())
    operation = Passthrough(enum(OPERATIONS))
    result = Output(number())

    def run(self, scope: Scope) -> None:
        self.result = calculated(self.operation, finite(self.a), finite(self.b))


def calculated(operation: str | None, a: float, b: float) -> int | float:
    """The result as the shortest number; `Rejected` where there is none."""
    compute = _OPERATIONS.get(operation or "")
    if compute is None:
        raise Rejected(f"Unknown operation: {'undefined' if operation is None else operation}")
    if isinstance(a, int) and isinstance(b, int) and operation in _ON_INTEGERS:
        return _finite(_ON_INTEGERS[operation](a, b))
    return _finite(float(compute(_decimal(a), _decimal(b))))


def _finite(result: float) -> int | float:
    tidied = tidy(result)
    if not math.isfinite(tidied):
        raise Rejected("Result is not a finite number")
    return tidied


def _decimal(value: float) -> Decimal:
    return (
        Decimal(value)
        if isinstance(value, int) and abs(value) <= LARGEST_SAFE
        else Decimal(repr(float(value)))
    )


def _divided(a: Decimal, b: Decimal) -> Decimal:
    if not b:
        raise Rejected("Division by zero is not allowed")
    return _DECIMAL.divide(a, b)


def _remainder(a: Decimal, b: Decimal) -> Decimal:
    if not b:
        raise Rejected("Modulo by zero is not allowed")
    return _EXACT.remainder(a, b)


def _power(a: Decimal, b: Decimal) -> Decimal:
    if a < 0 and b != b.to_integral_value():
        raise Rejected("Cannot raise negative number to non-integer power")
    return Decimal(1) if not b else _DECIMAL.power(a, b)


def _percentage(a: Decimal, b: Decimal) -> Decimal:
    if not b:
        raise Rejected("Cannot calculate percentage with zero denominator")
    return _DECIMAL.multiply(_DECIMAL.divide(a, b), Decimal(100))


def _log_base(a: Decimal, b: Decimal) -> Decimal:
    if b <= 0 or b == 1:
        raise Rejected("Log base must be positive and not equal to 1")
    if a <= 0:
        raise Rejected("Cannot take logarithm of non-positive number")
    return _DECIMAL.divide(_LOGARITHMS.ln(a), _LOGARITHMS.ln(b))


_ON_INTEGERS: Final[Mapping[str | None, Callable[[int, int], int]]] = {
    "add": int.__add__,
    "subtract": int.__sub__,
    "multiply": int.__mul__,
    "min": min,
    "max": max,
}

_OPERATIONS: Final[Mapping[str, Callable[[Decimal, Decimal], Decimal]]] = {
    "add": _DECIMAL.add,
    "subtract": _DECIMAL.subtract,
    "multiply": _DECIMAL.multiply,
    "divide": _divided,
    "modulo": _remainder,
    "power": _power,
    "min": min,
    "max": max,
    "average": lambda a, b: _DECIMAL.divide(_DECIMAL.add(a, b), Decimal(2)),
    "absolute_difference": lambda a, b: abs(_DECIMAL.subtract(a, b)),
    "percentage": _percentage,
    "log_base": _log_base,
}


class RandomNode(NodeType, title="Random Number", category=CATEGORY, pure=True):
    """Draws one of the numbers from, from + step, from + 2 step, … up to the end of the range.

    Another execution draws another number; an attempt after a crash draws the same one again.
    """

    range_from = Input(number(default=0))
    range_to = Input(number(default=100))
    step = Input(number(default=1))
    result = Output(number())

    def run(self, scope: Scope) -> None:
        start, end, step = finite(self.range_from), finite(self.range_to), finite(self.step)
        if start > end:
            raise Rejected("Range start must not be greater than its end")
        width = _decimal(step) if step > 0 else Decimal(1)
        steps = int(_EXACT.divide_int(_EXACT.subtract(_decimal(end), _decimal(start)), width))
        chosen = _drawn(scope.idempotency_key, steps + 1)
        self.result = tidy(float(_EXACT.add(_decimal(start), _EXACT.multiply(width, Decimal(chosen)))))


def _drawn(seed: str, count: int) -> int:
    """A number below `count`; the digest is so much longer that no number is favored."""
    digest = hashlib.shake_256(seed.encode()).digest(256)
    return int.from_bytes(digest) % count


NODE_TYPES = (
    MathNode,
    RandomNode,
)
