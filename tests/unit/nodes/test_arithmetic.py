"""Numbers."""

import math

import pytest

from chaingraph.errors import Rejected
from tests.node_bodies import FakeScope, ran


@pytest.mark.parametrize(
    ("operation", "a", "b", "result"),
    [
        ("add", 0.1, 0.2, 0.3),
        ("add", 2**53, 1, 2.0**53),
        ("subtract", 0.3, 0.1, 0.2),
        ("multiply", 3, 4, 12),
        ("multiply", 1.1, 1.1, 1.21),
        ("divide", 1, 3, 1 / 3),
        ("divide", 6, 3, 2),
        ("modulo", -7, 3, -1),
        ("modulo", 5.5, 0.1, 0),
        ("modulo", 1e300, 7, int(1e300) % 7),
        ("power", 2, 10, 1024),
        ("power", 2, 0.5, math.sqrt(2)),
        ("power", 0, 0, 1),
        ("power", -2, 3, -8),
        ("min", 2, -3, -3),
        ("max", 2.5, 2, 2.5),
        ("average", 1, 2, 1.5),
        ("absolute_difference", 2, 5.5, 3.5),
        ("percentage", 1, 8, 12.5),
        ("log_base", 8, 2, 3),
        ("log_base", 1000, 10, 3),
    ],
)
def test_operations(operation: str, a: float, b: float, result: float) -> None:
    found = ran("MathNode", a=a, b=b, operation=operation)["result"]

    assert (found, type(found)) == (result, type(result))


@pytest.mark.parametrize(
    ("operation", "a", "b", "message"),
    [
        ("divide", 1, 0, "Division by zero is not allowed"),
        ("modulo", 1, 0, "Modulo by zero is not allowed"),
        ("percentage", 1, 0, "Cannot calculate percentage with zero denominator"),
        ("power", -8, 0.5, "Cannot raise negative number to non-integer power"),
        ("power", 0, -1, "Result is not a finite number"),
        ("multiply", 1e300, 1e300, "Result is not a finite number"),
        ("power", 1e300, 1e300, "Result is not a finite number"),
        ("log_base", 5, 1, "Log base must be positive and not equal to 1"),
        ("log_base", 0, 2, "Cannot take logarithm of non-positive number"),
        ("root", 1, 2, "Unknown operation: root"),
        (None, 1, 2, "Unknown operation: undefined"),
    ],
)
def test_what_has_no_result(operation: str | None, a: float, b: float, message: str) -> None:
    with pytest.raises(Rejected) as refusal:
        ran("MathNode", a=a, b=b, operation=operation)

    assert refusal.value.message == message


@pytest.mark.parametrize("value", [None, "text", True, math.nan, math.inf, [1]])
def test_what_is_no_finite_number_counts_as_zero(value: object) -> None:
    assert ran("MathNode", a=value, b=2, operation="add")["result"] == 2


def test_a_random_number_is_one_of_the_steps_of_its_range() -> None:
    drawn = {
        ran("RandomNode", FakeScope(idempotency_key=str(key)), rangeFrom=0.5, rangeTo=2, step=0.5)["result"]
        for key in range(200)
    }

    assert drawn == {0.5, 1, 1.5, 2}


def test_another_attempt_draws_the_same_number() -> None:
    first, second = (ran("RandomNode", rangeTo=10**9)["result"] for _ in range(2))

    assert first == second


def test_a_step_of_nothing_is_a_step_of_one() -> None:
    assert ran("RandomNode", rangeFrom=3, rangeTo=3.5, step=0)["result"] == 3


def test_a_range_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(Rejected, match="must not be greater"):
        ran("RandomNode", rangeFrom=2, rangeTo=1)
