"""What expressions mean; that they can do no harm is shown with processes."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaingraph.errors import Rejected
from chaingraph.expressions.evaluation import evaluated
from chaingraph.expressions.limits import MAX_EXPRESSION_LENGTH
from chaingraph.graph.facilities import Evaluation, ExpressionCall

ORDERS: dict[str, object] = {
    "orders": [{"price": 2, "quantity": 3, "tags": ["a"]}, {"price": 1.5, "quantity": 2, "tags": []}]
}


def value(expression: str, subject: object = None, **variables: object) -> object:
    return evaluated(ExpressionCall(expression=expression, subject=subject, variables=variables))


def each(evaluation: Evaluation, expression: str, elements: object, initial: object = None) -> object:
    call = ExpressionCall(expression=expression, subject=elements, evaluation=evaluation, initial=initial)
    return evaluated(call)


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("$sum(orders.(price * quantity))", 9),
        ("orders[price > 1.9].quantity", 3),
        ("orders.price", [2, 1.5]),
        ("orders[0].missing", None),
        ("{'n': $count(orders)}", {"n": 2}),
        ("$", ORDERS),
        ("$string(orders[0].price) & '!'", "2!"),
        ("orders ~> $map(function($o) { $o.price })", [2, 1.5]),
        ("6 / 3", 2),
        ("null", None),
        ("[1..3]", [1, 2, 3]),
        ("$map([1..3], function($n) { {'n': $n, 'twice': 2 * $n} })[1].twice", 4),
        ("$merge([{'a': 1}, {'b': 2}])", {"a": 1, "b": 2}),
        ("9007199254740993 * 1", 2**53),
        (r"$replace('a1b22', /\d+/, '#')", "a#b#"),
        ("$match('x1', /[a-z](?<digit>[0-9])/).groups", ["1"]),
    ],
)
def test_values(expression: str, result: object) -> None:
    assert value(expression, ORDERS) == result


def test_null_is_something() -> None:
    assert value("a = null", {"a": None}) is True
    assert value("$exists(a)", {"a": None}) is True
    assert value("$map($, function($v) { $v = null })", [1, None]) == [False, True]
    assert value("[$x]", x=None) == [None]


def test_variables_have_names() -> None:
    assert value("$greeting & name", {"name": "Ann"}, greeting="Hi ") == "Hi Ann"
    with pytest.raises(Rejected, match="'a-b' cannot be the name of a variable"):
        value("1", **{"a-b": 1})
    with pytest.raises(Rejected, match="cannot be the name"):
        value("1", __evaluate_entry=1)


def test_elements_are_mapped_and_stay_at_their_places() -> None:
    assert each(Evaluation.MAP, "name", [{"name": "a"}, {}, {"name": None}]) == ["a", None, None]
    assert each(Evaluation.MAP, "[$]", [1, [2]]) == [[1], [2]]
    assert each(Evaluation.MAP, "$index", ["a", "b"]) == [0, 1]
    assert each(Evaluation.MAP, "{'a': $, 'b': 1}", []) == []


@pytest.mark.parametrize(
    ("expression", "left"),
    [
        ("$ > 1", [2, 3]),
        ("$index = 0", [1]),
        ("true", [1, 2, 3]),
        ("missing", []),
        ("''", []),
        ("[false, false]", []),
        ("{}", []),
        ("'no'", [1, 2, 3]),
    ],
)
def test_elements_are_filtered(expression: str, left: list[int]) -> None:
    assert each(Evaluation.FILTER, expression, [1, 2, 3]) == left


def test_elements_are_reduced() -> None:
    assert each(Evaluation.REDUCE, "$accumulator + $", [1, 2, 3]) == 6
    assert each(Evaluation.REDUCE, "$accumulator + $", [1, 2, 3], initial=10) == 16
    assert each(Evaluation.REDUCE, "$accumulator & $index", ["a", "b", "c"], initial="") == "012"
    assert each(Evaluation.REDUCE, "$accumulator", ["only"]) == "only"
    assert each(Evaluation.REDUCE, "$accumulator", []) is None
    assert each(Evaluation.REDUCE, "$accumulator + 1", [], initial=0) == 0


def test_what_is_no_list_has_no_elements() -> None:
    with pytest.raises(Rejected, match="A list is required"):
        each(Evaluation.MAP, "$", {"a": 1})


def test_the_clock_is_the_runs() -> None:
    call = ExpressionCall(
        expression="[$now(), $millis(), $now('[Y]')]", subject=None, now_ms=1_767_600_000_123
    )

    assert evaluated(call) == ["2026-01-05T08:00:00.123Z", 1_767_600_000_123, "2026"]


def test_the_same_seed_draws_the_same_lots() -> None:
    def drawn(seed: str) -> object:
        expression = "[$random(), $random(), $shuffle([1..20])]"
        return evaluated(ExpressionCall(expression=expression, subject=None, seed=seed))

    assert drawn("a") == drawn("a")
    assert drawn("a") != drawn("b")
    assert value("$shuffle(missing)", {}) is None


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("", "An expression is required"),
        ("  \n", "An expression is required"),
        ("(1", "This is no JSONata expression: Expected"),
        ("1 +", "This is no JSONata expression"),
        ("/+/", "Invalid regular expression"),
        ("'" + "x" * MAX_EXPRESSION_LENGTH, "may have 20000 characters"),
        ("(" * 15_000, "This is no JSONata expression"),
        ("1 / 0", "The expression failed"),
        ("'a' + 1", "must evaluate to a number"),
        ("$error('as I say')", "The expression failed: as I say"),
        ("$eval('1 + 1')", "non-function"),
        ("$power(10, 1000)", "The expression failed"),
        ("10 % 0", "The expression failed"),
        ("$sum", "its value is a function"),
        ("{'a': [function() { 1 }]}", "The expression failed"),
        ("/a/", "its value is a function"),
        ("($f := function($n) { 1 + $f($n) }; $f(1))", "it calls itself without an end"),
        ("($f := function($n, $v) { $n = 0 ? $v : $f($n - 1, [[$v]]) }; $f(200, 1))", "nests deeper than"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(expression: str, message: str) -> None:
    with pytest.raises(Rejected, match=message):
        value(expression)


@given(st.text(alphabet="$()[]{}+-*/'\"ab1 ,:=?<>~&|^%@#\n\\", max_size=12))
def test_no_text_raises_anything_but_a_refusal(expression: str) -> None:
    with suppress(Rejected):
        value(expression, {"a": [1, {"b": None}]})


@pytest.mark.parametrize(
    "expression",
    [
        "__class__",
        "$__class__",
        "$sum.__class__",
        "$lookup($sum, '__globals__')",
        "$sum.*",
        "($f := function() { 1 }; $f.body)",
        "$keys($sum)",
        "'a'.__class__",
        "$string.function",
        "$$.__dict__",
    ],
)
def test_nothing_of_python_can_be_seen(expression: str) -> None:
    assert value(expression, {"a": 1}) is None


def test_an_error_of_one_evaluation_does_not_change_the_next() -> None:
    for _ in range(30):
        with pytest.raises(Rejected):
            value("($f := function($n) { $n = 0 ? $error('end') : 1 + $f($n - 1) }; $f($start))", start=40)

    assert value("($f := function($n) { $n = 0 ? 0 : 1 + $f($n - 1) }; $f(40))") == 40
