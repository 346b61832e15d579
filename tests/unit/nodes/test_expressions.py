"""Nodes that evaluate expressions."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chaingraph.errors import Rejected
from chaingraph.expressions.processes import ExpressionProcesses
from chaingraph.graph.facilities import NO_FACILITIES
from tests.node_bodies import FakeScope, ran


@pytest.fixture(scope="module")
def scope() -> Iterator[FakeScope]:
    processes = ExpressionProcesses()
    yield FakeScope(facilities=replace(NO_FACILITIES, expressions=processes))
    processes.close()


def test_an_expression_sees_its_input_and_its_variables(scope: FakeScope) -> None:
    values = {"input": {"a": 2}, "variables": {"factor": 3}, "expression": "a * $factor"}

    assert ran("ExpressionNode", scope, **values)["result"] == 6


def test_an_expression_sees_the_time_of_the_run(scope: FakeScope) -> None:
    assert ran("ExpressionNode", scope, expression="$millis()")["result"] == scope.now


def test_an_attempt_draws_the_lots_of_the_one_before(scope: FakeScope) -> None:
    first = ran("ExpressionNode", scope, expression="$random()")["result"]

    assert ran("ExpressionNode", replace(scope, attempt=2), expression="$random()")["result"] == first
    assert (
        ran("ExpressionNode", replace(scope, idempotency_key="x"), expression="$random()")["result"] != first
    )


def test_arrays_are_mapped_filtered_and_reduced(scope: FakeScope) -> None:
    given = {"array": [{"n": 1}, {"n": 5}, {"n": 3}], "variables": {"least": 3}}

    mapped = ran("MapByExpressionNode", scope, expression="n + $index", **given)
    filtered = ran("FilterByExpressionNode", scope, expression="n >= $least", **given)
    reduced = ran("ReduceByExpressionNode", scope, expression="$accumulator + n", initial=10, **given)

    assert mapped["result"] == [1, 6, 5]
    assert filtered["result"] == [{"n": 5}, {"n": 3}]
    assert reduced["result"] == 19


def test_what_is_no_array_is_an_empty_one(scope: FakeScope) -> None:
    for type_name in ("MapByExpressionNode", "FilterByExpressionNode"):
        assert ran(type_name, scope, array="text", expression="$")["result"] == []
    assert ran("ReduceByExpressionNode", scope, array=None, expression="$")["result"] is None


@pytest.mark.parametrize(
    "type_name",
    ["ExpressionNode", "MapByExpressionNode", "FilterByExpressionNode", "ReduceByExpressionNode"],
)
def test_a_bad_expression_fails_its_node(scope: FakeScope, type_name: str) -> None:
    with pytest.raises(Rejected, match="is no JSONata expression"):
        ran(type_name, scope, array=[1, 2], expression="1 +")
    with pytest.raises(Rejected, match="An expression is required"):
        ran(type_name, scope, array=[1, 2])


def test_a_flow_that_is_cut_off_from_the_world_has_no_expressions() -> None:
    with pytest.raises(Rejected, match="there are no expressions here"):
        ran("ExpressionNode", expression="1")
