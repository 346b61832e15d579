"""What is compiled means what the interpreter of the language says it means."""

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaingraph.expressions.library import Jsonata
from infra.local.workflow.expressions import EvaluationFailed, compile_expression, compile_template
from infra.local.workflow.plain import NOTHING, NotPlain, Part, compile_plain

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(-5, 5)
    | st.sampled_from(["", "done", "wait", "x"])
)
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
states = st.fixed_dictionaries({}, optional=dict.fromkeys("abc", documents))

paths = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(
    lambda names: "$states." + ".".join(names)
)
literals = st.sampled_from(["'done'", "'x'", "''", "1", "0", "true", "false", "null"])
conditions = (
    st.tuples(paths, literals).map(lambda sides: f"{sides[0]} = {sides[1]}")
    | st.tuples(paths, paths).map(lambda sides: f"{sides[0]} = {sides[1]}")
    | paths.map(lambda path: f"$exists({path})")
)


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return (
        st.tuples(conditions | inner, inner, inner).map(lambda parts: "({} ? {} : {})".format(*parts))
        | st.tuples(conditions, inner).map(lambda parts: "({} ? {})".format(*parts))
        | st.tuples(inner, inner).map(lambda parts: "{{'a': {}, 'b': {}}}".format(*parts))
        | st.tuples(paths, inner).map(lambda parts: "$merge([{}, {{'b': {}}}])".format(*parts))
        | st.tuples(inner, inner).map(lambda parts: "({} + {})".format(*parts))
    )


expressions = st.recursive(paths | literals | conditions, larger, max_leaves=5)


@given(text=expressions, document=states)
def test_a_compiled_expression_agrees_with_the_interpreter(text: str, document: dict[str, Any]) -> None:
    plain = compiled(text)
    try:
        value = NOTHING if plain is None else plain(document)
    except NotPlain:
        return

    assert plain is None or ({} if value is NOTHING else {"value": value}) == interpreted(text, document)


def compiled(text: str) -> Part | None:
    return compile_plain(cast("Any", Jsonata(text)).ast)


def interpreted(text: str, document: dict[str, Any]) -> object:
    """The value in an object, which is empty when there is none."""
    expression = Jsonata(f"{{'value': {text}}}")
    frame = expression.create_frame()
    frame.bind("states", document)
    return expression.evaluate(None, frame)


@pytest.mark.parametrize(
    "text",
    [
        "$states.input.next = 'wait'",
        "$exists($states.input.turn) ? $states.input.turn + 1 : 1",
        "$merge([$states.input, {'next': $states.result.next = 'done' ? 'done' : 'run'}])",
    ],
)
def test_what_our_definition_says_each_time_is_compiled(text: str) -> None:
    assert compiled(text) is not None


def test_a_template_is_filled_in_wherever_it_holds_an_expression() -> None:
    template = compile_template({"a": ["{% $states.input.x %}", 1], "b": "plain"})

    assert template({"input": {"x": {"y": None}}}) == {"a": [{"y": None}, 1], "b": "plain"}


def test_null_is_a_value_and_nothing_is_an_error() -> None:
    assert compile_expression("$states.input.x")({"input": {"x": None}}) is None
    with pytest.raises(EvaluationFailed, match="returned nothing"):
        compile_expression("$states.input.y")({"input": {"x": None}})


@pytest.mark.parametrize("text", ["1 / 0", "$states.x + 'a'", "$unknown()", "$sum"])
def test_an_error_of_the_language_is_an_evaluation_that_failed(text: str) -> None:
    with pytest.raises(EvaluationFailed):
        compile_expression(text)({"x": 1})


def test_arrays_are_left_to_the_interpreter() -> None:
    orders = compile_expression("$states.input.orders.price")

    assert orders({"input": {"orders": [{"price": 1}, {"price": 2}]}}) == [1, 2]
