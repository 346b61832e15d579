"""JSONata: values computed by an expression, for a whole value or for every element of an array."""

from dataclasses import replace
from typing import Final

from chaingraph.graph.declarations import Input, Output, Passthrough
from chaingraph.graph.facilities import Evaluation, ExpressionCall
from chaingraph.graph.json_types import JsonObject, list_of, object_of
from chaingraph.graph.kinds import Kind, any_value, record, string
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.nodes.arrays import CATEGORY, elements
from chaingraph.nodes.script_values import as_text

TAGS: Final = ("jsonata",)


def _expression() -> Input[str]:
    return Input(string(), required=True, ui={"isTextArea": True}, description="JSONata")


def _variables() -> Kind[JsonObject]:
    return record(schema_is_mutable=True)


async def _evaluated(scope: Scope, call: ExpressionCall) -> object:
    """With the time of the run; an attempt after a crash draws the same lots."""
    seen = replace(call, now_ms=scope.now_ms(), seed=scope.idempotency_key)
    return await scope.facilities.expressions.evaluate(seen)


async def _of_elements(
    node: "MapByExpressionNode | FilterByExpressionNode", scope: Scope, evaluation: Evaluation
) -> list[object]:
    call = ExpressionCall(
        expression=as_text(node.expression),
        evaluation=evaluation,
        subject=list_of(node.source),
        variables=object_of(node.variables),
    )
    return list_of(await _evaluated(scope, call))


class ExpressionNode(NodeType, title="Expression", category=CATEGORY, pure=True, tags=TAGS):
    """Computes a value with a JSONata expression like `$sum(orders.(price * quantity))`.

    The input is its context, the fields of the variables are `$name`. It sees nothing but these values, and
    takes 5 seconds at most; `$now()` is the time of the run.
    """

    input = Passthrough(any_value())
    variables = Passthrough(_variables())
    expression = _expression()
    result = Output(any_value())

    async def run(self, scope: Scope) -> None:
        call = ExpressionCall(
            expression=as_text(self.expression),
            subject=self.input,
            variables=object_of(self.variables),
        )
        self.result = await _evaluated(scope, call)


class MapByExpressionNode(NodeType, title="Map by Expression", category=CATEGORY, pure=True, tags=TAGS):
    """The value of a JSONata expression for every element of an array; null where it has none.

    The element is the context of the expression, `$index` its place, counted from 0.
    """

    source = Passthrough(elements(), key="array")
    variables = Passthrough(_variables())
    expression = _expression()
    result = Output(elements())

    async def run(self, scope: Scope) -> None:
        self.result = await _of_elements(self, scope, Evaluation.MAP)


class FilterByExpressionNode(NodeType, title="Filter by Expression", category=CATEGORY, pure=True, tags=TAGS):
    """The elements of an array for which a JSONata expression is true.

    The element is the context of the expression, `$index` its place, counted from 0.
    """

    source = Passthrough(elements(), key="array")
    variables = Passthrough(_variables())
    expression = _expression()
    result = Output(elements())

    async def run(self, scope: Scope) -> None:
        self.result = await _of_elements(self, scope, Evaluation.FILTER)


class ReduceByExpressionNode(NodeType, title="Reduce by Expression", category=CATEGORY, pure=True, tags=TAGS):
    """One value from all elements of an array, by a JSONata expression like `$accumulator + price`.

    It is evaluated for one element after the other; its value is the accumulator of the next one. The element
    is its context, `$index` its place. Without an initial value the first element is the first accumulator.
    """

    source = Passthrough(elements(), key="array")
    variables = Passthrough(_variables())
    expression = _expression()
    initial = Input(any_value())
    result = Output(any_value())

    async def run(self, scope: Scope) -> None:
        call = ExpressionCall(
            expression=as_text(self.expression),
            evaluation=Evaluation.REDUCE,
            subject=list_of(self.source),
            initial=self.initial,
            variables=object_of(self.variables),
        )
        self.result = await _evaluated(scope, call)


NODE_TYPES = (
    ExpressionNode,
    MapByExpressionNode,
    FilterByExpressionNode,
    ReduceByExpressionNode,
)
